"""Nearest chunks by cosine."""

from rag_server.retrievers.dense.retriever import DenseRetriever, Limits

__all__ = ["DenseRetriever", "Limits"]
