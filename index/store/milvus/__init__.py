"""The indexes of a collection in Milvus, an engine on this computer or another, derived from the catalog.

As FAISS and tantivy do, Milvus only proposes candidates; they are scored from the catalog. So it may be behind, lose what it was
given or be out of reach, and no quote becomes wrong: passages may be missed, and each answer says so (`Proposals`).
"""
