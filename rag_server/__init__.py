"""The RAG service: one process that answers gRPC calls from a catalog, an index and a model."""
