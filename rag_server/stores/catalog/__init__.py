"""The catalog on SQL: the only truth, from which every index can be rebuilt.

May import core, SQLAlchemy and `stores.migration`.
"""
