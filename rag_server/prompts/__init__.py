"""Prompt templates as plain jinja2 files. May import core, text and resilience."""
