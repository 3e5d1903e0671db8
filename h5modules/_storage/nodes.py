"""Handles of the nodes of a file: groups, arrays and their attributes, with the names that PyMoDAQ's users know."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules._storage import attributes, strings
from h5modules._storage.rawfile import RawFile, RawVLArray
from h5modules.errors import ArrayMismatch, FileClosed, NodeKindError, NodeNotFound, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CARRAY", "EARRAY", "GROUP", "VLARRAY", "Attributes", "Node", "StringARRAY", "path_of", "wrap"]

MAX_ATTRIBUTE = 64_000
"""Bytes of text that fit an attribute; HDF5's object headers end at 64 KiB."""


class Attributes:
    """The attributes of a node, as a mapping: decoded when read, encoded in PyMoDAQ's spelling when written."""

    __slots__ = ("_h5",)

    def __init__(self, h5_node: Any) -> None:
        self._h5 = h5_node

    def __repr__(self) -> str:
        return f"<Attributes of {self._h5._v_pathname}: {', '.join(self)}>"

    def __iter__(self) -> Iterator[str]:
        return iter(self._h5._v_attrs._f_list("all"))

    def __len__(self) -> int:
        return len(self._h5._v_attrs._f_list("all"))

    def __contains__(self, name: object) -> bool:
        return name in self._h5._v_attrs._f_list("all")

    @property
    def attrs_name(self) -> list[str]:
        """Names of all attributes."""
        return list(self)

    def raw(self, name: str) -> object:
        """Return the attribute as it is in the file, None if it is not there."""
        return getattr(self._h5._v_attrs, name, None)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of the attribute `name`, or `default`."""
        raw = self.raw(name)
        return default if raw is None else attributes.decode(raw, name=name, node=self._h5._v_pathname)

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(
                f"{self._h5._v_pathname} has no attribute {name!r}; it has {', '.join(self) or 'none'}"
            ) from None
        return self.get(name)

    def __setitem__(self, name: str, value: object) -> None:
        if name in attributes.RAW_NAMES:
            self.set_raw(name, str(value))
        else:
            self.set_raw(name, attributes.encode(value))

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(f"{self._h5._v_pathname} has no attribute {name!r}")
        self.raw(name)  # PyTables forgets only what it has read
        self._announce()
        delattr(self._h5._v_attrs, name)

    def set_raw(self, name: str, value: bytes | str) -> None:
        """Write text as it is.

        Raises
        ------
        WriteFailed
            The text is longer than an attribute can be.
        """
        text = value if isinstance(value, bytes) else value.encode("utf-8")
        if len(text) > MAX_ATTRIBUTE:
            raise WriteFailed(
                f"attribute {name!r} of {self._h5._v_pathname} has {len(text)} bytes, and an attribute holds at most "
                f"{MAX_ATTRIBUTE}: save long text with add_string_array()",
                node=self._h5._v_pathname,
            )
        stored = np.bytes_(text) if text.isascii() else np.str_(text.decode("utf-8"))
        self._announce()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", tables.NaturalNameWarning)  # attribute names are the user's
            setattr(self._h5._v_attrs, name, stored)

    def _announce(self) -> None:
        file = self._h5._v_file
        if isinstance(file, RawFile):
            file.announce(self._h5._v_pathname, "")

    def to_dict(self) -> dict[str, Any]:
        """Return all attributes, decoded."""
        return {name: self.get(name) for name in self}


class Node:
    """A node of a file; two handles are equal when they stand for the same node of the same open file."""

    __slots__ = ("_attrs", "_h5")

    def __init__(self, h5_node: Any) -> None:
        self._h5 = h5_node
        self._attrs = Attributes(h5_node)

    def __repr__(self) -> str:
        if not self._h5._v_isopen:
            return f"<closed {type(self).__name__}>"
        shape = f" {self._h5.shape} {self._h5.dtype}" if isinstance(self, CARRAY) else ""
        return f"<{type(self).__name__} {self.path}{shape} {self.title!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self._h5 is other._h5

    def __hash__(self) -> int:
        return id(self._h5)

    @property
    def node(self) -> Any:
        """The PyTables node."""
        return self._h5

    @property
    def attrs(self) -> Attributes:
        """The attributes.

        Raises
        ------
        FileClosed
        """
        if not self._h5._v_isopen:
            raise FileClosed("the attributes of a node were asked for after its file was closed; open the file again")
        return self._attrs

    @property
    def h5file(self) -> Any:
        """The PyTables file."""
        return self._h5._v_file

    @property
    def parent_node(self) -> Node | None:
        """The group that this node is in; None for the root."""
        return None if self.path == "/" else wrap(self._h5._v_parent)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return str(self._h5._v_name)

    @property
    def title(self) -> str:
        """The title that the node was made with."""
        title = self._attrs.raw("TITLE")
        if not isinstance(title, str | bytes):  # NumPy's texts are subclasses of both
            return ""
        return str(attributes.decode(title, name="title", node=self.path))

    @property
    def path(self) -> str:
        """The path in the file."""
        return str(self._h5._v_pathname)

    def get_attr(self, item: str) -> Any:
        """Return the value of an attribute; KeyError when it is not there."""
        return self.attrs[item]

    def set_attr(self, key: str, value: object) -> None:
        """Set an attribute."""
        self.attrs[key] = value


class GROUP(Node):
    """A group."""

    __slots__ = ()

    def children_name(self) -> list[str]:
        """Names of the nodes in this group, sorted."""
        return sorted(self._h5._v_children)

    def children(self) -> dict[str, Node]:
        """Return handles of the nodes in this group by name."""
        return {name: wrap(self._h5._v_children[name]) for name in self.children_name()}

    def get_child(self, name: str) -> Node:
        """Return the node `name` of this group.

        Raises
        ------
        NodeNotFound
        """
        if name not in self._h5._v_children:
            raise NodeNotFound(
                f"{self.path} has no node {name!r}; it has {', '.join(self.children_name()) or 'none'}",
                path=self._h5._v_file.filename,
                node=f"{self.path}/{name}",
            )
        return wrap(self._h5._v_children[name])

    def __contains__(self, name: object) -> bool:
        return name in self._h5._v_children

    def remove_children(self) -> None:
        """Remove all that is in this group from the file."""
        for name in self.children_name():
            self._h5._v_children[name]._f_remove(recursive=True)


class CARRAY(Node):
    """An array of fixed shape."""

    __slots__ = ()

    @property
    def array(self) -> Any:
        """The PyTables array."""
        return self._h5

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(int(n) for n in self._h5.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its elements."""
        dtype: np.dtype[Any] = self._h5.dtype
        return dtype

    def __len__(self) -> int:
        return int(self._h5.nrows)

    def __getitem__(self, item: Any) -> Any:
        return self._h5[item]

    def __setitem__(self, item: Any, value: npt.ArrayLike) -> None:
        self._h5[item] = value

    def read(self) -> Any:
        """Return all of it."""
        return self._h5.read()


class EARRAY(CARRAY):
    """An array that grows along its first dimension."""

    __slots__ = ()

    def append(self, data: npt.ArrayLike, expand: bool = True) -> None:
        """Append one row, or a block of rows.

        Parameters
        ----------
        data : array_like
            One row; with ``expand=False`` an array of rows.

        Raises
        ------
        ArrayMismatch
            A row of another shape, or numbers that the array's type does not hold.
        """
        rows = np.asarray(data)
        rows = rows[None] if expand else rows
        frame = self.shape[1:]
        if rows.shape[1:] != frame or not np.can_cast(rows.dtype, self.dtype, "same_kind"):
            raise ArrayMismatch(
                f"cannot append rows of shape {rows.shape[1:]} and type {rows.dtype} to {self.path}, whose rows have "
                f"shape {frame} and type {self.dtype}",
                path=self._h5._v_file.filename,
                node=self.path,
            )
        self._h5.append(rows.astype(self.dtype, copy=False))


class VLARRAY(EARRAY):
    """An array of rows of different lengths."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows."""
        return (int(self._h5.nrows),)

    def append(self, data: npt.ArrayLike, expand: bool = True) -> None:
        """Append one row."""
        del expand  # rows have no common shape to expand to
        self._h5.append(np.asarray(data))
        self._h5.flush()

    def read(self) -> Any:
        """Return all rows, a list."""
        return list(self._h5.read())


class StringARRAY(VLARRAY):
    """Rows of text."""

    __slots__ = ()

    def append(self, data: Any, expand: bool = True) -> None:
        """Append a row of text; it is in the file when this returns.

        Raises
        ------
        WriteFailed
            The disk is full, or a writer that was killed left something where the row was to go; see `renewed`.
        """
        del expand
        try:
            self._h5.append(strings.to_row(str(data)))
            self._h5.flush()
        except tables.HDF5ExtError as exc:
            raise WriteFailed(
                f"a row of {len(str(data))} characters could not be appended to {self.path} of "
                f"{self._h5._v_file.filename}; the rows before it are in the file",
                path=self._h5._v_file.filename,
                node=self.path,
            ) from exc

    def renewed(self) -> StringARRAY:
        """Put a copy of all rows in the place of this array, and return it.

        HDF5 cannot overwrite what a killed writer left behind the last row of an array of this kind.
        """
        group, name, damaged = self._h5._v_parent, self.name, f"{self.name}_damaged"
        copy = StringARRAY(
            RawVLArray(group, f"{name}_copy", self._h5.atom, self._h5.title, chunkshape=(64,), track_times=False)
        )
        for key in self.attrs:
            if key not in attributes.RAW_NAMES:
                copy.attrs[key] = self.attrs.get(key)
        for row in self.read():
            copy._h5.append(strings.to_row(row))
        file = self._h5._v_file
        file.flush()
        self._h5._f_rename(damaged)
        copy._h5._f_rename(name)
        self._h5._f_remove()
        file.flush()
        return copy

    def read(self) -> list[str]:
        """Return all rows as str."""
        return [strings.from_row(row) for row in self._h5.read()]

    def __getitem__(self, item: Any) -> Any:
        rows = self._h5[item]
        return [strings.from_row(row) for row in rows] if isinstance(item, slice) else strings.from_row(rows)


def path_of(where: object) -> str:
    """Return the path of a node, or a path as it is; NodeKindError if it is neither."""
    if isinstance(where, str):
        return where
    if not isinstance(where, Node):
        raise NodeKindError(f"{where!r:.80} ({type(where).__name__}) is neither a node of a file nor the path of one")
    return where.path


def wrap(h5_node: Any) -> Node:
    """Return the handle that fits a PyTables node.

    Raises
    ------
    NodeKindError
        It is not a node.
    """
    if isinstance(h5_node, Node):
        return h5_node
    if isinstance(h5_node, tables.Group):
        return GROUP(h5_node)
    if isinstance(h5_node, tables.VLArray):
        text = isinstance(h5_node, RawVLArray) and h5_node.atom.type == "uint8"
        return StringARRAY(h5_node) if text or h5_node.atom.type in ("vlstring", "vlunicode") else VLARRAY(h5_node)
    if isinstance(h5_node, tables.EArray):
        return EARRAY(h5_node)
    if isinstance(h5_node, tables.Array):
        return CARRAY(h5_node)
    if isinstance(h5_node, tables.Node):
        return Node(h5_node)
    raise NodeKindError(f"{h5_node!r:.80} ({type(h5_node).__name__}) is not a node of a file")
