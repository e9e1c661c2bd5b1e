"""`python -m rag_client.cli`, the same as `ragrpc`."""

from rag_client.cli import main

main()
