"""Exact search over the vectors of documents' fields, held in memory as far as there is room."""
