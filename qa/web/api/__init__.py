"""The same answers for programs: REST, OpenAPI, gradio_client and MCP."""
