"""Multimodal retrieval: a search in each vector field, fused by weights."""

from rag_server.retrievers.multimodal.retriever import MultimodalRetriever

__all__ = ["MultimodalRetriever"]
