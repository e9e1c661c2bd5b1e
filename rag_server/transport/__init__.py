"""The gRPC edge: servicers, conversion, validation, error mapping and the server itself. Only this package imports ragrpc.v1."""
