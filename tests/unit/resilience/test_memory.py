import ctypes
import os
import subprocess
import sys

import pytest

# A large block is freed, by which glibc raises its limit unless that is fixed; then another one is
# asked for. mallinfo counts the blocks that are mapped each by itself (its fourth number).
_MAPPED = """
import ctypes, sys
from rag_server.resilience.memory import return_large_blocks
return_large_blocks()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
class Info(ctypes.Structure):
    _fields_ = [(f"n{n}", ctypes.c_int) for n in range(10)]
libc.mallinfo.restype = Info
libc.free(libc.malloc(3_000_000))
before = libc.mallinfo().n3
kept = libc.malloc(2_000_000)
print(libc.mallinfo().n3 - before)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo"), reason="for glibc"
)
@pytest.mark.parametrize(
    ("by_hand", "mapped"),
    [
        ({}, 1),
        ({"MALLOC_MMAP_THRESHOLD_": "8000000"}, 0),
        ({"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=8000000"}, 0),
    ],
)
def test_a_large_block_is_mapped_by_itself_unless_set_by_hand(
    by_hand: dict[str, str], mapped: int
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _MAPPED],
        env=os.environ | by_hand,
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(ran.stdout) == mapped
