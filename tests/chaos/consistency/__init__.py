"""Two servers over one catalog, writers on both: is every read of one revision, and of one that
is new enough?"""
