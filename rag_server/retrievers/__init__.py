"""Strategies that turn a question into ranked chunks. May import core, text and resilience."""
