"""Models that turn text into unit vectors. May import core, text and resilience."""
