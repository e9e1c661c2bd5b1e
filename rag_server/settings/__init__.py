"""Everything that can be set, and where it is read from.

Only this package reads the environment.
"""

from rag_server.settings.model import Settings
from rag_server.settings.problem import SettingsError
from rag_server.settings.sources import load_settings
from rag_server.settings.storage import storage_options
from rag_server.settings.tls import TlsMaterial, read_tls

__all__ = [
    "Settings",
    "SettingsError",
    "TlsMaterial",
    "load_settings",
    "read_tls",
    "storage_options",
]
