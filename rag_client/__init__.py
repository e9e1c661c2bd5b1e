"""The ragrpc client SDK."""
