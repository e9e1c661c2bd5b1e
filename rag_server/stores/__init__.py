"""Durable state: the catalog (SQL, the truth) and Chroma (derived).

May import core, text and resilience.
"""
