"""What stands in a file around a cube: its references, and the settings it was recorded with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from h5modules.backends import GROUP, StringARRAY
from h5modules.errors import NodeNotFound

if TYPE_CHECKING:
    from h5modules.backends import Node
    from h5modules.exporting import StoredData, StoredLoader

__all__ = ["is_reference", "plan_of", "references_of", "settings_of"]

REFERENCES = {"white": ("whitereference", "white"), "dark": ("darkreference", "dark")}
_SETTINGS = "Settings"
_PLAN = "Plan"


def _groups_above(loader: StoredLoader, path: str) -> list[GROUP]:
    """Return the groups that a node is in, the nearest first."""
    found = []
    node: Node | None = loader.get_node(path)
    while node is not None:
        if isinstance(node, GROUP):
            found.append(node)
        node = node.parent_node
    return found


def references_of(loader: StoredLoader, path: str) -> dict[str, StoredData]:
    """Return the references that were saved nearest to a node, those of "white" and "dark" that there are."""
    found: dict[str, StoredData] = {}
    for group in _groups_above(loader, path):
        for name, child in group.children().items():
            for kind, names in REFERENCES.items():
                if name.lower() in names and kind not in found and isinstance(child, GROUP):
                    try:
                        found[kind] = loader.stored(child)[0]
                    except NodeNotFound:  # a group of that name without data in it
                        continue
    return found


def is_reference(path: str) -> bool:
    """Whether a node is one of those that hold references."""
    parts = path.lower().split("/")
    return any(name in parts for names in REFERENCES.values() for name in names)


def settings_of(loader: StoredLoader, path: str) -> dict[str, Any]:
    """Return the settings that were saved nearest to a node; empty if there are none that can be read as JSON.

    Its ``devices`` are a list, as recordings have it: scans name theirs, and the names are under ``name`` then.
    """
    settings = _json_above(loader, path, _SETTINGS)
    devices = settings.get("devices")
    if isinstance(devices, dict):
        named = [{"name": name, **said} for name, said in devices.items() if isinstance(said, dict)]
        settings = settings | {"devices": named}
    return settings


def plan_of(loader: StoredLoader, path: str) -> dict[str, Any]:
    """Return the plan that was saved nearest to a node; empty if there is none."""
    return _json_above(loader, path, _PLAN)


def _json_above(loader: StoredLoader, path: str, name: str) -> dict[str, Any]:
    for group in _groups_above(loader, path):
        if name in group:
            node = group.get_child(name)
            if isinstance(node, StringARRAY):
                try:
                    settings = json.loads("".join(node.read()))
                except ValueError:
                    continue
                if isinstance(settings, dict):
                    return settings
    return {}
