"""Parsers and chunkers: from raw content to spans worth embedding.

May import core, text and resilience.
"""
