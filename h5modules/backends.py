"""Files, groups, arrays and attributes in PyMoDAQ's node convention, below the level of measurements."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tables

from h5modules._storage.enums import DataType, GroupType, SaveType
from h5modules._storage.handle import FileHandle
from h5modules._storage.layout import create_array, create_growing, create_rows, storable
from h5modules._storage.nodes import CARRAY, EARRAY, GROUP, VLARRAY, Attributes, Node, StringARRAY, wrap
from h5modules._storage.rawfile import RawGroup
from h5modules._storage.walking import nodes_below
from h5modules.data.enums import enum_checker
from h5modules.errors import NodeExists, NodeKindError, NodeNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from h5modules._storage.codecs import Codec

__all__ = [
    "CARRAY",
    "EARRAY",
    "GROUP",
    "VLARRAY",
    "Attributes",
    "DataType",
    "GroupType",
    "H5Backend",
    "Node",
    "NodeError",
    "SaveType",
    "StringARRAY",
]

NodeError = NodeNotFound
"""The name that PyMoDAQ's users know."""


@contextlib.contextmanager
def _any_name() -> Iterator[None]:
    """Let nodes have names that are no Python identifiers: they are the user's to choose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tables.NaturalNameWarning)
        yield


class H5Backend(FileHandle):
    """One HDF5 file and its nodes; parameters as `FileHandle`."""

    def root(self) -> GROUP:
        """Return the root group."""
        return GROUP(self.session.file.root)

    def get_node(self, where: Node | str, name: str | None = None) -> Node:
        """Return the node at a path, or the node `name` of a group.

        Raises
        ------
        NodeNotFound
        """
        file = self.session.file
        path = where.path if isinstance(where, Node) else str(where)
        if name:
            path = f"{path.rstrip('/')}/{name}"
        path = "/" + path.strip("/")
        try:
            return wrap(file.get_node(path))
        except tables.NoSuchNodeError:
            pass
        except (tables.HDF5ExtError, tables.NodeError, ValueError, AttributeError, TypeError) as exc:
            raise NodeNotFound(
                f"{path} of {self.session.path} cannot be opened: {str(exc).strip().splitlines()[-1]:.200}",
                path=self.session.path,
                node=path,
            ) from exc
        raise NodeNotFound(
            f"{self.session.path} has no node {path}; {self._nearest(path)}", path=self.session.path, node=path
        )

    def _nearest(self, path: str) -> str:
        parent = path.rpartition("/")[0] or "/"
        while parent != "/" and parent not in self.session.file:
            parent = parent.rpartition("/")[0] or "/"
        group = wrap(self.session.file.get_node(parent))
        if not isinstance(group, GROUP):
            return f"{parent} is an array"
        names = group.children_name()
        return (
            f"{parent} has {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}"
            if names
            else f"{parent} is empty"
        )

    def _group(self, where: Node | str) -> GROUP:
        node = self.get_node(where)
        if not isinstance(node, GROUP):
            raise NodeKindError(
                f"{node.path} is an array; give the path of a group", path=self.session.path, node=node.path
            )
        return node

    def get_children(self, where: Node | str) -> dict[str, Node]:
        """Return the nodes of a group by name."""
        return self._group(where).children()

    def is_node_in_group(self, where: Node | str, name: str) -> bool:
        """Whether a group has a node of that name, in any case."""
        return name.lower() in (child.lower() for child in self._group(where).children_name())

    def get_node_name(self, node: Node | str) -> str:
        """Return the name of a node."""
        return self.get_node(node).name

    def get_node_path(self, node: Node | str) -> str:
        """Return the path of a node."""
        return self.get_node(node).path

    def get_parent_node(self, node: Node | str) -> Node | None:
        """Return the group that a node is in; None for the root."""
        return self.get_node(node).parent_node

    def get_group_by_title(self, where: Node | str, title: str) -> GROUP | None:
        """Return the group of `where` that has that title."""
        for child in self._group(where).children().values():
            if isinstance(child, GROUP) and child.title == title:
                return child
        return None

    def walk_nodes(
        self, where: Node | str = "/", depth: int | None = None, only_groups: bool = False
    ) -> Iterator[Node]:
        """Iterate over a group and all nodes below it, each once, whatever links the file has."""
        node = self.get_node(where)
        if not isinstance(node, GROUP):
            yield node
            return
        for h5_node in nodes_below(node.node, depth=depth, only_groups=only_groups):
            yield wrap(h5_node)

    def walk_groups(self, where: Node | str = "/") -> Iterator[GROUP]:
        """Iterate over a group and all groups below it."""
        for node in self.walk_nodes(where, only_groups=True):
            if isinstance(node, GROUP):
                yield node

    def get_set_group(self, where: Node | str, name: str, title: str = "") -> GROUP:
        """Return the group `name` of `where`, which is created when it is not there."""
        parent = self._group(where)
        if name in parent:
            return self._group(f"{parent.path.rstrip('/')}/{name}")
        self.session.check_writable()
        self.session.need(8192)
        with _any_name():
            return GROUP(RawGroup(parent.node, self._new_name(parent, name), title=title, new=True))

    def _new_name(self, parent: GROUP, name: str) -> str:
        """Return `name` if a node can be called so.

        Raises
        ------
        NodeExists
        ValueError
        """
        if not name or name == "." or "/" in name or name.startswith(("_v_", "_f_", "_g_", "_i_", "_p_")):
            raise ValueError(f"{name!r} cannot be the name of a node: no slash, not '.', not one of PyTables' prefixes")
        if name in parent:
            raise NodeExists(
                f"{parent.path} has a node {name!r} already; give another name",
                path=self.session.path,
                node=f"{parent.path}/{name}",
            )
        return name

    def get_attr(self, node: Node | str, attr_name: str | None = None) -> Any:
        """Return an attribute of a node, or a dict of all."""
        attrs = self.get_node(node).attrs
        return attrs.to_dict() if attr_name is None else attrs[attr_name]

    def set_attr(self, node: Node | str, attr_name: str, attr_value: object) -> None:
        """Set an attribute of a node."""
        self.session.check_writable()
        self.get_node(node).attrs[attr_name] = attr_value

    def has_attr(self, node: Node | str, attr_name: str) -> bool:
        """Whether a node has that attribute."""
        return attr_name in self.get_node(node).attrs

    def read(self, array: Node | str, *args: Any, **kwargs: Any) -> Any:
        """Return the content of an array; arguments as PyTables' ``read``."""
        node = self.get_node(array)
        if not isinstance(node, CARRAY):
            raise NodeKindError(f"{node.path} is not an array", path=self.session.path, node=node.path)
        return node.node.read(*args, **kwargs) if args or kwargs else node.read()

    def _describe(self, array: CARRAY, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        array.attrs["shape"] = shape
        array.attrs["dtype"] = dtype.name
        array.attrs["subdtype"] = ""
        array.attrs["backend"] = self.backend

    def create_carray(
        self,
        where: Node | str,
        name: str,
        obj: npt.ArrayLike | None = None,
        title: str = "",
        *,
        shape: tuple[int, ...] = (),
        dtype: npt.DTypeLike | None = None,
        fill: object = None,
        chunk: tuple[int, ...] | None = None,
        codec: Codec | None = None,
    ) -> CARRAY:
        """Create an array of fixed shape.

        Parameters
        ----------
        where, name, title : str
            Group, name, title.
        obj : array_like, optional
            Its content. Without it, `shape`, `dtype` and `fill` describe an array that takes space as it is filled.
        chunk : tuple of int, optional
            Shape of its chunks; about 1 MiB by default.

        Raises
        ------
        ArrayMismatch
            Not an array of numbers, or an empty one.
        NodeExists, NodeNotFound, FileReadOnly, WriteFailed
        """
        parent = self._group(where)
        path = f"{parent.path.rstrip('/')}/{name}"
        data = None if obj is None else storable(obj, node=path)
        self.session.check_writable()
        self.session.need(65536 + (data.nbytes if data is not None else 0))
        with _any_name():
            leaf = create_array(
                parent.node,
                self._new_name(parent, name),
                title=title,
                data=data,
                shape=shape,
                dtype=dtype,
                fill=fill,
                chunk=chunk,
                codec=self._codec if codec is None else codec,
            )
        array = CARRAY(leaf)
        self._describe(array, array.shape, array.dtype)
        return array

    def create_earray(
        self,
        where: Node | str,
        name: str,
        dtype: npt.DTypeLike,
        data_shape: tuple[int, ...] | None = None,
        title: str = "",
        *,
        codec: Codec | None = None,
    ) -> EARRAY:
        """Create an array that grows along a first dimension; `data_shape` is the shape of one row."""
        parent = self._group(where)
        self.session.check_writable()
        self.session.need(65536)
        with _any_name():
            leaf = create_growing(
                parent.node,
                self._new_name(parent, name),
                title=title,
                frame=tuple(data_shape or ()),
                dtype=dtype,
                codec=self._codec if codec is None else codec,
            )
        array = EARRAY(leaf)
        self._describe(array, array.shape, array.dtype)
        return array

    def create_vlarray(self, where: Node | str, name: str, dtype: object = "string", title: str = "") -> StringARRAY:
        """Create an array of rows of text of any lengths."""
        if dtype not in ("string", str):
            raise ValueError(f"rows of {dtype!r} cannot be saved; text ('string') can")
        parent = self._group(where)
        self.session.check_writable()
        self.session.need(65536)
        with _any_name():
            array = StringARRAY(create_rows(parent.node, self._new_name(parent, name), title=title))
        self._describe(array, array.shape, np.dtype(np.uint8))
        array.attrs["subdtype"] = "string"
        return array

    def add_group(
        self,
        group_name: str,
        group_type: GroupType | str,
        where: Node | str,
        title: str = "",
        metadata: dict[str, object] | None = None,
    ) -> GROUP:
        """Return the group of that name, created with a type and metadata when it is not there.

        The first letter of the name becomes a capital, as everywhere in PyMoDAQ's files.
        """
        name = group_name[:1].upper() + group_name[1:]
        there = name in self._group(where)
        group = self.get_set_group(where, name, title)
        if not there:
            group.attrs["type"] = enum_checker(GroupType, group_type).name if group_type else ""
            for key, value in (metadata or {}).items():
                group.attrs[key] = value
        return group
