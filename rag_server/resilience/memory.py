"""Memory that goes back to the machine."""

import ctypes
import os
import sys

# From glibc's malloc.h.
_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 2**20
# What an operator sets stands, in either of glibc's ways.
_SET_BY_HAND = "MALLOC_MMAP_THRESHOLD_"
_TUNABLES, _TUNABLE = "GLIBC_TUNABLES", "glibc.malloc.mmap_threshold="


def return_large_blocks() -> None:
    """Have blocks of a mebibyte and more returned to the machine once they are free.

    glibc raises that limit by itself up to 32 MiB and keeps such blocks in an arena for each
    thread, where a small one that outlives them holds them: a server that was sent 300 MB grew
    by 100. Elsewhere, and in C libraries that know no such limit, nothing is done.
    """
    by_hand = _SET_BY_HAND in os.environ or _TUNABLE in os.environ.get(_TUNABLES, "")
    if sys.platform != "linux" or by_hand:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
