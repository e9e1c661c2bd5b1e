"""Answer writers: extractive (no model) and OpenAI-compatible.

May import core, text and resilience.
"""
