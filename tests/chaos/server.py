"""The server under test: the real one with a cheap embedder, told where to die.

python -m tests.chaos.server --data-dir DIR [--point NAME --visit N] [--plant NAME]
  [--settings JSON]
"""

import argparse
import asyncio
import json
import signal
from pathlib import Path
from typing import cast

import uvloop

from rag_server.app import running
from rag_server.core.telemetry import Telemetry
from rag_server.settings import Settings
from tests.chaos.consistency.plants import PLANTS as READ_PLANTS
from tests.chaos.plants import PLANTS, plant
from tests.chaos.points import JOBS, POINTS, REINDEX, Crashing
from tests.embedders import HashingEmbedder, SmallHashingEmbedder


def main() -> None:
    """Serve until SIGTERM or the crash point."""
    asked = _arguments()
    if asked.plant in READ_PLANTS:
        READ_PLANTS[asked.plant]()
    elif asked.plant:
        plant(asked.plant)
    uvloop.run(_serve(asked))


async def _serve(asked: argparse.Namespace) -> None:
    def observe(telemetry: Telemetry) -> Telemetry:
        # It passes on whatever it does not have, which a type checker cannot see.
        return cast("Telemetry", Crashing(telemetry, asked.point, asked.visit))

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with running(
        _settings(asked),
        observe=observe,
        embedder=HashingEmbedder(),
        other_embedders=[SmallHashingEmbedder()],
    ) as ports:
        event = {"event": "serving", "port": ports.grpc, "sidecar_port": ports.sidecar}
        print(json.dumps(event), flush=True)
        await stop.wait()


def _settings(asked: argparse.Namespace) -> Settings:
    return Settings.model_validate(
        {
            "server": {
                "port": asked.port,
                "max_deadline_seconds": 30,
                "max_connection_age_grace_seconds": 30,
            },
            "sidecar": {"port": asked.sidecar_port},
            # So few that a stream of any length is answered in many parts.
            "streaming": {"window_items": 4},
            "data": {"directory": asked.data_dir},
            "chunking": {"max_tokens": 64},
            # As busy as it may be, so that the removal of old versions is in the game.
            "maintenance": {"tombstone_retention_seconds": 60, "janitor_interval_seconds": 0.5},
            # A job whose server was killed is taken over soon after the next start.
            "jobs": {"lease_seconds": 3},
            "logging": {"level": "error"},
            **asked.settings,
        }
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--sidecar-port", type=int, default=0)
    parser.add_argument("--point", choices=(*POINTS, *JOBS, *REINDEX), default="")
    parser.add_argument("--visit", type=int, default=1)
    parser.add_argument("--plant", choices={**PLANTS, **READ_PLANTS}, default="")
    parser.add_argument("--settings", type=json.loads, default={}, help="further sections")
    return parser.parse_args()


if __name__ == "__main__":
    main()
