"""Threads that give way."""

import os
import sys
import threading
from contextlib import suppress

# Weighs about a tenth of a normal thread where both want the processor.
_NICENESS = 10


def give_way() -> None:
    """Let the current thread run only where the threads that answer callers leave room.
    Linux knows a niceness by thread; elsewhere this does nothing."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        # Never upwards, which only root may do.
        niceness = max(_NICENESS, os.getpriority(os.PRIO_PROCESS, thread))
        # Where even that is forbidden, an equal is better than no thread at all.
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
