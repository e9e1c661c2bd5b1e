"""Backups of the catalog at a target: made, listed, verified, restored, expired.

May import core, `stores.catalog` and fsspec.
"""
