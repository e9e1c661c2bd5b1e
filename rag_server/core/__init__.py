"""The domain: values, protocols and the two paths (query, ingest).

No I/O and nothing third-party but numpy.
"""
