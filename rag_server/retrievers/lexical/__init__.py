"""Best chunks by words."""

from rag_server.retrievers.lexical.retriever import LexicalRetriever

__all__ = ["LexicalRetriever"]
