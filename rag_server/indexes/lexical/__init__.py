"""Words of chunks, in tantivy on this server's disk."""
