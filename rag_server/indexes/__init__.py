"""What is derived from the catalog and kept in this process; it can be made anew at any time.

May import core, text and resilience.
"""
