import os
import sys
import threading

import pytest

from rag_server.core.call import Deadline
from rag_server.resilience.pool import BoundedPool
from rag_server.resilience.priority import give_way


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a niceness by thread")
async def test_threads_of_a_pool_can_give_way_without_the_rest_of_the_process() -> None:
    pool = BoundedPool("write", 1, 1, give_way)
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert await pool.run(niceness, Deadline(30.0)) == max(10, before)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
    pool.close(wait=True)
