"""The parts of a server as its settings say, each group in a file; `app` joins them."""
