"""What the driver of a backup target is told."""

from collections.abc import Mapping
from typing import Any

from rag_server.settings.sections import Backup


def storage_options(backup: Backup, url: str) -> Mapping[str, Any]:
    """Options of fsspec's filesystem for `url`; they hold secrets."""
    if not url.startswith("s3://"):
        return {}
    options: dict[str, Any] = {}
    if backup.s3_endpoint_url is not None:
        options["endpoint_url"] = backup.s3_endpoint_url
    if backup.s3_region is not None:
        options["client_kwargs"] = {"region_name": backup.s3_region}
    if backup.s3_access_key_id is not None and backup.s3_secret_access_key is not None:
        options["key"] = backup.s3_access_key_id.get_secret_value()
        options["secret"] = backup.s3_secret_access_key.get_secret_value()
    return options
