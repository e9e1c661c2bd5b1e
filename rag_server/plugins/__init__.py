"""Strategies of other packages: how they are found by entry point and their parameters checked.

May import core.
"""

from rag_server.plugins.group import Plugin, PluginGroup

__all__ = ["Plugin", "PluginGroup"]
