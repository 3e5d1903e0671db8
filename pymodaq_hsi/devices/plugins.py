"""The installed plugins, known by their entry points alone: nothing of theirs is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points

from pymodaq_hsi.drivers import ENTRY_POINT_GROUP

__all__ = ["PluginEntry", "installed_plugins"]


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
    """Return the installed plugins, by name."""
    found = {
        (entry.name, entry.value): PluginEntry(
            entry.name,
            entry.value,
            entry.dist.name if entry.dist else "",
            entry.dist.version if entry.dist else "",
        )
        for entry in entry_points(group=ENTRY_POINT_GROUP)
    }
    return [found[key] for key in sorted(found)]
