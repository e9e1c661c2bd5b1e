"""Parent documents: small chunks are searched, what they stand in is returned."""

from rag_server.retrievers.parent_document.retriever import ParentDocumentRetriever

__all__ = ["ParentDocumentRetriever"]
