"""PyTables files that run nothing when they are opened and read.

PyTables unpickles every attribute that looks like a pickle as soon as a node is opened, and the rows of object arrays
when they are read. The classes here are PyTables' own with attributes read as they are in the file, on demand, and with
object arrays read as bytes. Node classes come from a short list, whatever the file says.
"""

# ruff: noqa: SLF001 - the classes here are PyTables' own with some of their inner methods replaced

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import tables
from tables import utilsextension
from tables.atom import UInt8Atom, VLStringAtom, VLUnicodeAtom
from tables.attributeset import AttributeSet
from tables.file import _open_files
from tables.group import RootGroup
from tables.link import ExternalLink, SoftLink
from tables.unimplemented import UnImplemented, Unknown

from h5modules._storage.names import attribute_names, link_names

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("h5modules")

__all__ = ["RawArray", "RawCArray", "RawEArray", "RawFile", "RawGroup", "RawVLArray"]


class RawAttributes(AttributeSet):  # type: ignore[misc]  # PyTables has no types for its extension classes
    """Attributes read from the file when they are asked for, and left as they are."""

    def __init__(self, node: Any) -> None:
        self.__dict__["_listing"] = True
        super().__init__(node)
        self.__dict__["_listing"] = False

    def _g_list_attr(self, node: Any) -> list[str]:
        names = attribute_names(node._v_objectid)
        return list(super()._g_list_attr(node)) if names is None else names

    def __getattr__(self, name: str) -> Any:
        if self.__dict__.get("_listing"):
            return None  # the base class reads all values while it lists the names
        if name not in self._v_attrnames:
            raise AttributeError(f"attribute {name!r} is not in {self._v__nodepath}")
        try:
            value = self._g_getattr(self._v_node, name)
        except (tables.HDF5ExtError, ValueError, TypeError, KeyError, MemoryError, UnicodeDecodeError):
            value = None  # a type that NumPy has no form for must not keep the node from being opened
        if name == "FILTERS":
            value = None  # the inherited default filters of a group: a packed or, in old files, pickled object
        elif name in ("TITLE", "CLASS", "VERSION", "FLAVOR") and isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        self.__dict__[name] = value
        return value


class _RawNode:
    """What the node classes have in common: raw attributes."""

    _AttributeSet = RawAttributes

    def _g_set_location(self, parentnode: Any, name: str) -> None:
        if self._v_new:  # type: ignore[attr-defined]  # a mixin: the base is PyTables' Node
            parentnode._v_file.announce(parentnode._v_pathname, name)
        super()._g_set_location(parentnode, name)  # type: ignore[misc]

    def _g_remove(self, recursive: bool, force: bool) -> None:
        self._announce_end()
        super()._g_remove(recursive, force)  # type: ignore[misc]

    def _g_move(self, newparent: Any, newname: str) -> None:
        self._announce_end()
        newparent._v_file.announce(newparent._v_pathname, newname)
        super()._g_move(newparent, newname)  # type: ignore[misc]

    def _announce_end(self) -> None:
        parent = self._v_parent  # type: ignore[attr-defined]
        parent._v_file.announce(parent._v_pathname, self._v_name)  # type: ignore[attr-defined]


class _RawLeaf(_RawNode):
    def _g_post_init_hook(self) -> None:
        super()._g_post_init_hook()  # type: ignore[misc]  # a mixin: the base is PyTables' Leaf
        self._flavor = "numpy"  # another flavour in the file would change the type that reading returns


class RawArray(_RawLeaf, tables.Array):  # type: ignore[misc]
    """A contiguous array."""


class RawCArray(_RawLeaf, tables.CArray):  # type: ignore[misc]
    """A chunked array."""


class RawEArray(_RawLeaf, tables.EArray):  # type: ignore[misc]
    """An enlargeable array."""


class RawVLArray(_RawLeaf, tables.VLArray):  # type: ignore[misc]
    """An array of rows of different lengths; rows of objects are left as bytes."""

    def _g_open(self) -> Any:
        self._v_objectid, self.nrows, self._v_chunkshape, self.atom = self._open_array()
        match getattr(self.attrs, "PSEUDOATOM", None):
            case b"vlstring" | "vlstring":
                self.atom = VLStringAtom()
            case b"vlunicode" | "vlunicode":
                self.atom = VLUnicodeAtom()
            case b"object" | "object":
                self.atom = UInt8Atom()
        return self._v_objectid


for _kind in (RawArray, RawCArray, RawEArray, RawVLArray):
    _kind.__name__ = _kind.__name__.removeprefix("Raw")  # PyTables' truncate() goes by the name of the class

_LEAVES: dict[str, type] = {"ARRAY": RawArray, "CARRAY": RawCArray, "EARRAY": RawEArray, "VLARRAY": RawVLArray}


class RawGroup(_RawNode, tables.Group):  # type: ignore[misc]
    """A group."""

    def _g_list_group(self, parent: Any) -> Any:
        names = link_names(self._v_objectid)
        if names is None or None not in names:
            return super()._g_list_group(parent)
        logger.warning("%s of %s has names that are no text, and are left out", self._v_pathname, self._v_file.filename)
        kinds = {name: self._kind_of(name) for name in names if name}
        return tuple(
            [name for name, kind in kinds.items() if kind in these]
            for these in (("Group",), ("Leaf",), ("SoftLink", "ExternalLink"), ("Unknown", "NoSuchNode", ""))
        )

    def _kind_of(self, name: str) -> str:
        try:
            return str(self._g_check_has_child(name))
        except tables.NoSuchNodeError:  # the directory names it, and there is nothing: damage
            return "NoSuchNode"

    def _g_load_child(self, childname: str) -> Any:
        try:
            return self._child(childname)
        except tables.NoSuchNodeError:
            raise
        except (tables.HDF5ExtError, OSError, TypeError, ValueError, AttributeError, MemoryError) as exc:
            # one node that cannot be opened must not hide those beside it
            lines = str(exc).strip().splitlines() or [""]
            logger.warning(
                "%s/%s of %s cannot be opened: %s", self._v_pathname, childname, self._v_file.filename, lines[-1]
            )
            return Unknown(self, childname)

    def _child(self, childname: str) -> Any:
        match self._g_check_has_child(childname):
            case "Group":
                return RawGroup(self, childname, new=False)
            case "Leaf":
                # what HDF5 says of the dataset, not what its CLASS attribute claims
                kind = _LEAVES.get(utilsextension.which_class(self._v_objectid, childname), UnImplemented)
                leaf = kind(self, childname)
                if kind is RawCArray and leaf.extdim >= 0:  # PyTables does not ask whether complex arrays grow
                    leaf._f_close()
                    leaf = RawEArray(self, childname)
                return leaf
            case "SoftLink":
                return SoftLink(self, childname)
            case "ExternalLink":
                return ExternalLink(self, childname)
        return Unknown(self, childname)


class RawRootGroup(RawGroup, RootGroup):  # type: ignore[misc]
    """The root group."""

    _g_load_child = RawGroup._g_load_child
    _child = RawGroup._child


def _nothing(path: str, name: str) -> None:
    """Take no notice."""


class RawFile(tables.File):  # type: ignore[misc]
    """A PyTables file whose nodes are the classes of this module.

    Attributes
    ----------
    before_close : callable or None
        Called once, after the last flush and before the file is closed, by whomever.
    announce : callable
        Called with the path of a group and a name before a node of that name is made there, moved there, or leaves.
    """

    def __init__(self, filename: str, mode: str, title: str = "", **parameters: Any) -> None:
        self.before_close: Callable[[], None] | None = None
        self.announce: Callable[[str, str], None] = _nothing
        try:
            super().__init__(filename, mode, title, **parameters)
        except BaseException:
            if getattr(self, "isopen", 0):  # HDF5 opened it, and its root group turned out to be broken
                _open_files.remove(self)
                self.isopen = 0
                self._close_file()
            raise

    def close(self) -> None:
        """Close the file; a file that is closed already stays so."""
        if self.isopen and self.before_close is not None:
            before_close, self.before_close = self.before_close, None
            self.flush()
            before_close()
        super().close()

    def _File__get_root_group(self, root_uep: str, title: str, filters: Any) -> RawRootGroup:  # noqa: N802
        # the private method of the base class that makes the root group
        self._v_objectid = self._get_file_id()
        self.root_uep = "/"
        new = self._v_new
        if not new:
            # what the file says of its PyTables version is not read: damaged text crashes PyTables there. It decides by
            # it whether to unpickle old spellings
            self.format_version = "2.1"
        return RawRootGroup(self, "/", title=title, new=new, filters=filters)

    def enable_undo(self, filters: Any = None) -> None:
        """Do nothing: a transaction log in a file is not replayed."""
