"""Where the parts of an image are in a file: ours, which PyMoDAQ's loader opens too, and flimage's, which is read.

Ours: a group with ``Data00`` (raw), ``Bkg00`` (background), ``White00``, attributes as PyMoDAQ's node convention has
them, meta data as JSON in the attribute ``meta``.

flimage's: ``fluorescence/raw``, ``fluorescence/bg_data/*`` (which add up), meta data as attributes of the group.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import tables

from h5modules._storage.nodes import Attributes
from h5modules.errors import FileReadOnly, FileUnreadable
from h5modules.images._checksummed import write_array
from h5modules.images._meta import META_KEYS

if TYPE_CHECKING:
    from h5modules.images._store import Store

__all__ = ["FlimageLayout", "Layout", "OwnLayout", "new_group"]

RAW, BACKGROUND, WHITE = "Data00", "Bkg00", "White00"
_NEW = "_new"
_KINDS = {RAW: ("raw", "data"), BACKGROUND: ("background", "bkg"), WHITE: ("white", "")}


class Layout(Protocol):
    """What an image needs of its file."""

    group: str

    def raw(self) -> Any:
        """Return the raw array, None if there is none."""

    def backgrounds(self) -> list[Any]:
        """Return the arrays whose sum is the background."""

    def white(self) -> Any:
        """Return the white array, None if there is none."""

    def meta(self) -> dict[str, Any]:
        """Return the meta data."""

    def check_writable(self) -> None:
        """Raise unless it can be written."""


def new_group(store: Store, path: str, **attrs: object) -> Any:
    """Return a group, made with those that it is in and with attributes if it is not there."""
    from h5modules._storage.rawfile import RawGroup

    store.check_open()
    parent = store.file.root
    for name in path.strip("/").split("/"):
        found = parent._v_children[name] if name in parent._v_children else None
        if found is None:
            found = RawGroup(parent, name, title="", new=True)
            if f"{parent._v_pathname.rstrip('/')}/{name}" == path:
                for key, value in attrs.items():
                    Attributes(found)[key] = value
        parent = found
    return parent


class OwnLayout:
    """An image in a group of ours.

    Parameters
    ----------
    store : Store
    group : str
        Path of the group.
    """

    def __init__(self, store: Store, group: str) -> None:
        self.store = store
        self.group = group

    def raw(self) -> Any:
        """Return the raw array, None if there is none."""
        return self.store.child(self.group, RAW)

    def backgrounds(self) -> list[Any]:
        """Return the background, if there is one."""
        found = self.store.child(self.group, BACKGROUND)
        return [] if found is None else [found]

    def white(self) -> Any:
        """Return the white, None if there is none."""
        return self.store.child(self.group, WHITE)

    def meta(self) -> dict[str, Any]:
        """Return the meta data."""
        meta = Attributes(self.store.node(self.group)).get("meta", {})
        if not isinstance(meta, dict):
            raise FileUnreadable(
                f"the meta data of {self.group} of {self.store.name} is {meta!r:.60}, where a mapping is expected",
                path=self.store.path or "",
                node=self.group,
            )
        return meta

    def set_meta(self, meta: dict[str, Any]) -> None:
        """Write the meta data, within a change."""
        Attributes(self.store.node(self.group))["meta"] = meta

    def check_writable(self) -> None:
        """Raise unless it can be written."""
        self.store.check_writable()

    def derived(self) -> int | None:
        """Return the CRC32 of the corrected image as it was when its parts were set; None if it is not known."""
        found = Attributes(self.store.node(self.group)).get("corrected_crc32")
        return found if isinstance(found, int) else None

    def set_derived(self, crc: int | None) -> None:
        """Write it, within a change; -1 stands for not known."""
        Attributes(self.store.node(self.group))["corrected_crc32"] = -1 if crc is None else crc

    def write(self, name: str, data: Any, *, group: Any = None, node_name: str = "") -> Any:
        """Write one of the parts, within a change, and return it."""
        title, kind = _KINDS[name]
        parent = self.store.node(self.group) if group is None else group
        leaf, crc = write_array(parent, node_name or name, data, title=title, packed=self.store.path is not None)
        fields: dict[str, object] = {"crc32": crc}
        if kind:
            fields |= {
                "data_type": kind,
                "data_dimension": "Data2D" if leaf.ndim == 2 else "DataND",
                "distribution": "uniform",
                "label": title,
                "nav_indexes": () if leaf.ndim == 2 else (0, 1),
                "origin": "",
                "shape": tuple(int(n) for n in leaf.shape),
                "source": "raw",
                "timestamp": time.time(),
                "units": "",
            }
        attrs = Attributes(leaf)
        for key, value in fields.items():
            attrs[key] = value
        return leaf

    def begin(self, name: str, data: Any) -> None:
        """Write a part beside the one that it will replace, within a change."""
        self.remove(name + _NEW)
        self.write(name, data, node_name=name + _NEW)

    def finish(self, name: str) -> None:
        """Put the part that was written beside in its place, within a later change."""
        self.remove(name)
        self.store.node(f"{self.group}/{name}{_NEW}")._f_rename(name)

    def remove(self, name: str) -> None:
        """Remove a part if it is there, within a change; data that others share stays."""
        node = self.store.child(self.group, name)
        if node is not None:
            self.store.announce(node)
            node._f_remove()

    def link(self, name: str, target: Any) -> None:
        """Have a part be an array that is elsewhere in the file, within a change."""
        self.remove(name)
        self.store.announce(target)
        self.store.file.announce(self.group, name)
        self.store.file.create_hard_link(self.group, name, target)


class FlimageLayout:
    """An image that flimage wrote; it is read only.

    Parameters
    ----------
    store : Store
    group : str
        Path of the group with ``fluorescence`` in it.
    """

    def __init__(self, store: Store, group: str) -> None:
        self.store = store
        self.group = group

    def raw(self) -> Any:
        """Return the raw array, None if there is none."""
        return self.store.child(f"{self.group.rstrip('/')}/fluorescence", "raw")

    def backgrounds(self) -> list[Any]:
        """Return the arrays whose sum is the background."""
        group = self.store.child(f"{self.group.rstrip('/')}/fluorescence", "bg_data")
        if not isinstance(group, tables.Group):
            return []
        return [leaf for leaf in group._f_iter_nodes() if isinstance(leaf, tables.Array)]

    def white(self) -> None:
        """Return None: flimage has none."""

    def meta(self) -> dict[str, Any]:
        """Return the attributes that flimage knows."""
        attrs = Attributes(self.store.node(self.group))
        found = {name: attrs.get(name) for name in attrs if name in META_KEYS}
        return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in found.items()}

    def check_writable(self) -> None:
        """Raise: such files are read only.

        Raises
        ------
        FileReadOnly
        """
        self.store.check_open()
        raise FileReadOnly(
            f"{self.store.name} was written by flimage, and such files are read only: copy(h5file=...) makes one that "
            f"can be changed",
            path=self.store.path or "",
            node=self.group,
        )
