"""The RAG service: one process that answers gRPC calls from a catalog, an index and a model."""

import os

# ONNX Runtime reports to its maker over the network unless told otherwise before it is
# loaded. Set here, since whatever loads it first (Chroma can, too) has imported this package.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# Products of request threads must not each take all cores; set before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
