"""The installed plugins, known by their entry points alone: nothing of theirs is imported here.

The environment variable ``PYMODAQ_HSI_BLOCKED_PLUGINS`` names plugins, with commas between, that are left alone: for
one that hangs and cannot be uninstalled.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import entry_points

from pymodaq_hsi.drivers import ENTRY_POINT_GROUP

__all__ = ["BLOCKED", "PluginEntry", "installed_plugins"]

BLOCKED = "PYMODAQ_HSI_BLOCKED_PLUGINS"
"""Name of the environment variable with the plugins that are left alone."""


@dataclass(frozen=True, slots=True)
class PluginEntry:
    """One entry point of the group ``pymodaq_hsi.plugins``.

    Attributes
    ----------
    name, value : str
        The entry point's name and what it points to (``package.module``).
    distribution, version : str
        The installed package that it comes from.
    """

    name: str
    value: str
    distribution: str = ""
    version: str = ""

    def host_config(self) -> dict[str, str]:
        """Return what a host process needs to load it."""
        return {"plugin": self.name, "value": self.value}


def installed_plugins() -> list[PluginEntry]:
    """Return the installed plugins that are not blocked, by name."""
    blocked = {name.strip() for name in os.environ.get(BLOCKED, "").split(",")}
    found = {
        (entry.name, entry.value): PluginEntry(
            entry.name,
            entry.value,
            entry.dist.name if entry.dist else "",
            entry.dist.version if entry.dist else "",
        )
        for entry in entry_points(group=ENTRY_POINT_GROUP)
        if entry.name not in blocked
    }
    return [found[key] for key in sorted(found)]
