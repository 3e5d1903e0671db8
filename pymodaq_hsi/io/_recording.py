"""What stands in a file around a cube: its references, and the settings it was recorded with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from h5modules.backends import GROUP, StringARRAY
from h5modules.errors import NodeNotFound

if TYPE_CHECKING:
    from h5modules.backends import Node
    from h5modules.exporting import StoredData, StoredLoader

__all__ = ["references_of", "settings_of"]

REFERENCES = {"white": ("whitereference", "white"), "dark": ("darkreference", "dark")}
_SETTINGS = "Settings"


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
    """Return the settings that were saved nearest to a node; empty if there are none that can be read as JSON."""
    for group in _groups_above(loader, path):
        if _SETTINGS in group:
            node = group.get_child(_SETTINGS)
            if isinstance(node, StringARRAY):
                try:
                    settings = json.loads("".join(node.read()))
                except ValueError:
                    continue
                if isinstance(settings, dict):
                    return settings
    return {}
