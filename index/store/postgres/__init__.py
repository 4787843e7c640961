"""Keep catalogs on a PostgreSQL server."""
