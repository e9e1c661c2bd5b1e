"""Processes that parse, and a library in them that does whatever its document says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_server.ingestion.sandbox.limits import Limits
from rag_server.ingestion.sandbox.pool import ParsingPool

# Stands for PDFium, taken over by the file that it reads.
_LIBRARY = """
import ctypes, os, signal, socket, time
from pathlib import Path

class PdfiumError(RuntimeError):
    err_code = None

def segfault(): ctypes.string_at(0)
def abort(): os.abort()
def exit(): os._exit(0)
def defect(): raise ZeroDivisionError("secret text")
def loop():
    while True: pass
def sleep(): time.sleep(600)
def stop(): os.kill(os.getpid(), signal.SIGSTOP)
def killed(): os.kill(os.getpid(), signal.SIGKILL)
def memory(): return str(len(bytearray(8 * 2**30)))
def recursion(): return recursion()
def text(): return "word " * 2**18
def nonsense():
    own = socket.socket(fileno=0)
    own.sendall(b"\\xff" * 12)
    own.detach()
    return "x"
def file():
    try:
        Path("/tmp/written-by-a-parser").write_text("x" * 9999)
    except OSError as error:
        Path("/tmp/written-by-a-parser").unlink()
        return type(error).__name__
    return "written"
def surroundings():
    files = sorted(os.listdir("/proc/self/fd"))[:-1]
    return f"{sorted(os.environ)} {files} {os.getcwd()}"
def pid(): return str(os.getpid())

class PdfDocument:
    def __init__(self, content): self.text = globals()[content.decode()]() or ""
    def __len__(self): return 1
    def __getitem__(self, number): return self
    def get_textpage(self): return self
    def get_text_range(self): return self.text
    def get_toc(self): return ()
    def get_metadata_value(self, name): return ""
    def close(self): pass
"""


@pytest.fixture
def limits() -> Limits:
    return Limits(input_bytes=2**20, text_bytes=2**20, seconds=2.0, memory_bytes=2**29)


@pytest.fixture
def hostile_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaces PDFium in processes that are started from now on."""
    package = tmp_path / "library" / "pypdfium2"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(_LIBRARY)
    (package / "raw.py").write_text("def FPDFText_GetCharIndexFromTextIndex(page, i): return -1")
    monkeypatch.syspath_prepend(str(package.parent))


@pytest.fixture
def pool(limits: Limits) -> Iterator[ParsingPool]:
    made = ParsingPool(limits)
    yield made
    made.close()
