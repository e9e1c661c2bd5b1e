"""Alembic's scripts, one per change of the schema; `stores.migration` runs them.

A script never imports `schema`: it says what the tables were when it was written.
"""
