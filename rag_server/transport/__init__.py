"""The gRPC edge: servicers, conversion, validation, error mapping, the server itself.

Only this package imports ragrpc.v1.
"""
