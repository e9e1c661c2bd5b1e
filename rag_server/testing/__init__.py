"""What strategies owe, as tests that whoever writes one can run: needs the extra `testing`.

May import core.
"""

import pytest

# Before it is imported, so that a failed assertion says what it compared.
pytest.register_assert_rewrite("rag_server.testing.rerankers")

from rag_server.testing.rerankers import RerankerContract  # noqa: E402  # see above

__all__ = ["RerankerContract"]
