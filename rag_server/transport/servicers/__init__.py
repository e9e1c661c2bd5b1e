"""One servicer per service: convert, delegate, convert back. Errors are raised, never aborted."""
