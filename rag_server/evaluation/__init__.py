"""How good rankings are: measures, intervals, and a report of pipelines side by side.

Reads and writes nothing. May import core, text and resilience only.
"""
