"""The command `ragrpc-server`: argv and environment -> Settings -> app."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

try:
    import structlog
    import typer
except ModuleNotFoundError:
    sys.exit("ragrpc-server: the server needs its extra: pip install 'ragrpc[server]'")

from rag_server.backup_command import backup, backups, restore
from rag_server.core.errors import RagError
from rag_server.keys_command import keys
from rag_server.migrate_command import migrate
from rag_server.resilience.memory import return_large_blocks
from rag_server.settings import Settings, SettingsError, load_settings
from rag_server.verify_command import verify

cli = typer.Typer(
    help="Retrieval-augmented generation over gRPC.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
cli.add_typer(keys, name="keys")
cli.add_typer(backups, name="backups")
cli.command()(backup)
cli.command()(restore)
cli.command()(migrate)
cli.command()(verify)

Config = Annotated[
    Path | None, typer.Option(help="YAML file of settings; the environment goes over it.")
]
DataDir = Annotated[Path | None, typer.Option(help="Directory of the catalog and its indexes.")]


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address that gRPC listens on.")] = None,
    port: Annotated[int | None, typer.Option(help="gRPC port; 0 takes a free one.")] = None,
    sidecar_port: Annotated[
        int | None, typer.Option(help="Port of /metrics, /healthz and /readyz; 0 takes a free one.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then drain.

    The log line "serving" says on which ports.
    """
    settings = load_settings(
        config,
        {
            "server.host": host,
            "server.port": port,
            "sidecar.port": sidecar_port,
            "data.directory": data_dir,
        },
    )
    _run(settings)


# How long a thread that computes may keep the interpreter from one that answers, in seconds.
_SWITCH_INTERVAL = 0.001


def _run(settings: Settings) -> None:
    sys.setswitchinterval(_SWITCH_INTERVAL)
    return_large_blocks()
    # gRPC's core writes to stderr what its callers are told anyway, between our JSON lines.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    import uvloop

    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from rag_server.app import running

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings) as ports:
        log = structlog.get_logger("ragrpc")
        log.info("serving", host=settings.server.host, port=ports.grpc, sidecar_port=ports.sidecar)
        await stop.wait()
        log.info("draining")


def main(run: Callable[[], None] = cli) -> None:
    """Run the command; what is wrong is said in one line, with exit code 2 or 1."""
    try:
        run()
    except SettingsError as error:
        sys.exit(_complain(str(error), 2))
    except (RagError, OSError, RuntimeError) as error:
        sys.exit(_complain(str(error), 1))


def _complain(message: str, code: int) -> int:
    typer.echo(f"ragrpc-server: {message}", err=True)
    return code


if __name__ == "__main__":
    main()
