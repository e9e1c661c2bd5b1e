"""Bounded thread pools and deadlines. May import core only."""
