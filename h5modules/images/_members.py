"""The images of a series in its file: by number and by identifier, both without looking at the others.

Groups of HDF5 become slow when they are wide, so numbers are in groups of 256, and identifiers, by their hash, in 256
groups of links. A link says the number; the group of the image has the identifier itself.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import tables

from h5modules._storage.nodes import Attributes
from h5modules.errors import FileUnreadable
from h5modules.images._layouts import FlimageLayout, OwnLayout, new_group
from h5modules.images._parts import room_for, write_image
from h5modules.images.errors import IdentifierTaken

if TYPE_CHECKING:
    from h5modules.images._store import Store

__all__ = ["FlimageMembers", "Members", "OwnMembers"]

_WIDTH = 256
_NAMES, _SHARED = "Names", "Shared"


class Members(Protocol):
    """What a series needs of its file."""

    group: str

    def __len__(self) -> int: ...

    def layout(self, number: int) -> OwnLayout | FlimageLayout:
        """Return where an image is."""

    def find(self, identifier: str) -> int | None:
        """Return the number of the image with an identifier."""

    def attribute(self) -> str | None:
        """Return the identifier of the series."""


class OwnMembers:
    """The images of a series of ours.

    Parameters
    ----------
    store : Store
    group : str
        Path of the series.
    """

    def __init__(self, store: Store, group: str) -> None:
        self.store = store
        self.group = group
        self._count = self._counted()

    def __len__(self) -> int:
        return self._count

    def _counted(self) -> int:
        group = self.store.child(*self.group.rsplit("/", 1))
        if group is None:
            return 0
        last = max((name for name in group._v_children if name[0] == "B"), default=None)
        if last is None:
            return 0
        inside = [int(name[1:]) for name in self.store.node(f"{self.group}/{last}")._v_children if name[0] == "I"]
        return int(last[1:]) * _WIDTH + max(inside, default=-1) + 1

    def layout(self, number: int) -> OwnLayout:
        """Return where an image is."""
        return OwnLayout(self.store, f"{self.group}/B{number // _WIDTH:06d}/I{number % _WIDTH:03d}")

    def attribute(self) -> str | None:
        """Return the identifier of the series."""
        found = Attributes(self.store.node(self.group)).get("identifier")
        return found if isinstance(found, str) else None

    def set_attribute(self, identifier: str) -> None:
        """Write the identifier of the series, within a change."""
        Attributes(self.store.node(self.group))["identifier"] = identifier

    def find(self, identifier: str) -> int | None:
        """Return the number of the image with an identifier, None if there is none."""
        folder, name = self._place(identifier)
        link = self.store.child(folder, name)
        if link is None:
            return None
        parts = str(getattr(link, "target", "")).rsplit("/", 2)
        try:
            return int(parts[1][1:]) * _WIDTH + int(parts[2][1:])
        except (IndexError, ValueError) as exc:
            raise FileUnreadable(
                f"{folder}/{name} of {self.store.name} should say which image is {identifier!r}, and does not",
                path=self.store.path or "",
                node=f"{folder}/{name}",
            ) from exc

    def _place(self, identifier: str) -> tuple[str, str]:
        digest = hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return f"{self.group}/{_NAMES}/N{digest[:2]}", f"N{digest[2:]}"

    def name(self, identifier: str, number: int) -> None:
        """Note which image has an identifier, within a change."""
        folder, name = self._place(identifier)
        new_group(self.store, folder)
        self.store.file.announce(folder, name)
        self.store.file.create_soft_link(folder, name, self.layout(number).group)

    def unname(self, identifier: str) -> None:
        """Note that no image has an identifier any more, within a change."""
        folder, name = self._place(identifier)
        link = self.store.child(folder, name)
        if link is not None:
            self.store.file.announce(folder, name)
            link._f_remove()

    def rename(self, number: int, before: str | None, after: str | None) -> None:
        """Give an image another identifier, within a change.

        Raises
        ------
        IdentifierTaken
        """
        if after is not None:
            self.refuse(after)
            self.name(after, number)
        if before is not None:
            self.unname(before)

    def refuse(self, identifier: str) -> None:
        """Raise if an image has this identifier.

        Raises
        ------
        IdentifierTaken
        """
        number = self.find(identifier)
        if number is not None:
            raise IdentifierTaken(
                f"image {number} of the series in {self.store.name} has the identifier {identifier!r} already: give "
                f"another one with add_image(image, identifier=...)",
                path=self.store.path or "",
                node=self.layout(number).group,
            )

    def add(self, raw: Any, parts: dict[str, Any], meta: dict[str, Any], derived: int | None) -> int:
        """Store an image, all of it or nothing, and return its number."""
        number = self._count
        layout = self.layout(number)
        identifier = meta.get("identifier")
        room = room_for(raw) + sum(map(room_for, parts.values()))
        with self.store.change(room):
            try:
                new_group(self.store, self.group, type="series")
                write_image(layout, raw, {}, meta, beside=False)
                for name, part in parts.items():
                    layout.link(name, self.shared(name, part))
                layout.set_derived(derived)
                if identifier is not None:
                    self.name(identifier, number)
            except BaseException:
                self._undo(layout, identifier)
                raise
        self._count = number + 1
        return number

    def _undo(self, layout: OwnLayout, identifier: str | None) -> None:
        if not self.store.is_open:
            return
        group = self.store.child(*layout.group.rsplit("/", 1))
        if group is not None:
            group._f_remove(recursive=True)
        if identifier is not None:
            self.unname(identifier)

    def shared(self, name: str, part: Any) -> Any:
        """Return the array with that content, stored if it is not there yet; within a change."""
        array = np.ascontiguousarray(part)
        digest = hashlib.blake2b(array.tobytes(), digest_size=16)
        digest.update(f"{name} {array.shape} {array.dtype.str}".encode())
        node_name = f"S{digest.hexdigest()}"
        folder = new_group(self.store, f"{self.group}/{_SHARED}")
        found = self.store.child(folder._v_pathname, node_name)
        if found is None:
            found = OwnLayout(self.store, self.group).write(name, array, group=folder, node_name=node_name)
        return found


class FlimageMembers:
    """The images of a series that flimage wrote, in groups ``fli_0``, ``fli_1``, ...; read only.

    Parameters
    ----------
    store : Store
    """

    group = "/"

    def __init__(self, store: Store) -> None:
        self.store = store
        self._names: dict[str, int] | None = None
        children = store.file.root._v_children
        self._count: int = sum(name.startswith("fli_") for name in children)

    def __len__(self) -> int:
        return self._count

    def layout(self, number: int) -> FlimageLayout:
        """Return where an image is."""
        return FlimageLayout(self.store, f"/fli_{number}")

    def find(self, identifier: str) -> int | None:
        """Return the number of the image with an identifier, None if there is none."""
        if self._names is None:
            self._names = {}
            for number in range(self._count):
                name = Attributes(self.store.node(f"/fli_{number}")).get("identifier")
                if isinstance(name, str):
                    self._names.setdefault(name, number)
        return self._names.get(identifier)

    def attribute(self) -> str | None:
        """Return the identifier of the series."""
        found = Attributes(self.store.node("/")).get("identifier")
        return found if isinstance(found, str) else None


def is_series(store: Store, group: str) -> bool:
    """Whether a file has a series of ours."""
    return isinstance(store.child(*group.rsplit("/", 1)), tables.Group)
