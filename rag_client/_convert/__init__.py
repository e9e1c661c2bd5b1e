"""Between the client's values and the messages of `ragrpc.v1`; pure functions, no I/O."""
