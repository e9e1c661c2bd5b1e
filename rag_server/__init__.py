"""The RAG service: one asyncio process that answers gRPC calls from a catalog, a vector index and a model."""
