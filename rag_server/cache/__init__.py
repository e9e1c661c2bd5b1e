"""Caches: so far the vectors of questions. May import core only."""
