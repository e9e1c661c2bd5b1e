"""What is written survives a loss of power."""

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Have the disk take a file's content, or a directory's entries."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
