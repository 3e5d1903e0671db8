"""What all savers and loaders have in common: a file, theirs or shared, and nodes of one type in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from h5modules._storage.enums import DataType, SaveType
from h5modules.backends import CARRAY, GROUP, Node
from h5modules.data import DataWithAxes
from h5modules.errors import DataTypeError, NodeKindError, NodeNotFound
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from h5modules._storage.session import Session

__all__ = ["DataManagement", "FileUser"]

H5Source = H5SaverLowLevel | Path | str


def check_data(data: object) -> None:
    """Raise unless it is a DataWithAxes.

    Raises
    ------
    DataTypeError
    """
    if not isinstance(data, DataWithAxes):
        raise DataTypeError(
            f"a DataWithAxes (DataRaw, DataCalculated) was expected, not {type(data).__name__}; nothing was saved. "
            f"Sets of data go to the DataToExport savers"
        )


class FileUser:
    """Something that works on a file: on one that is open already, or on one that it opens and closes itself.

    Parameters
    ----------
    h5saver : H5SaverLowLevel, Path or str
        An open file, which stays the caller's to close; or a path, whose file is opened here and closed by `close`.
    new_file : bool
        With a path: create the file; one that is there is an error.
    overwrite : bool
        With a path: replace a file that is there.
    metadata : mapping, optional
        With a path: attributes of the raw group of a new file.
    save_type : SaveType or str
        With a path: what a new file is made for.
    **options
        With a path: ``compression``, ``flush_every``, ...; see `H5SaverLowLevel`.
    """

    def __init__(
        self,
        h5saver: H5Source,
        new_file: bool = False,
        metadata: Mapping[str, object] | None = None,
        save_type: SaveType | str = SaveType.custom,
        *,
        overwrite: bool = False,
        mode: Literal["a", "r"] = "a",
        **options: Any,
    ) -> None:
        self._owns = not isinstance(h5saver, H5SaverLowLevel)
        if isinstance(h5saver, H5SaverLowLevel):
            if options or new_file or overwrite:
                raise TypeError(
                    f"{type(self).__name__} was given an open file together with {', '.join(options) or 'new_file'}: "
                    f"these are for a path; choose them when the file is opened"
                )
            self._h5saver = h5saver
        elif isinstance(h5saver, str | Path):
            self._h5saver = H5SaverLowLevel.from_file(
                h5saver, save_type, new_file=new_file, metadata=metadata, overwrite=overwrite, mode=mode, **options
            )
        else:
            raise TypeError(
                f"{type(self).__name__} works on an H5SaverLowLevel or a path, not on {type(h5saver).__name__}"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} on {self._h5saver!r}>"

    if not TYPE_CHECKING:  # names that are written out are checked; those of scripts are looked up

        def __getattr__(self, name):
            """Return an attribute of the file, so that groups can be made with the saver at hand."""
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return getattr(self._h5saver, name)

    @property
    def h5saver(self) -> H5SaverLowLevel:
        """The file."""
        return self._h5saver

    @h5saver.setter
    def h5saver(self, h5saver: H5SaverLowLevel) -> None:
        self._h5saver, self._owns = h5saver, False

    @property
    def _session(self) -> Session:
        return self._h5saver.session

    @property
    def raw_group(self) -> GROUP:
        """The group that everything is in."""
        return self._h5saver.raw_group

    def isopen(self) -> bool:
        """Whether the file is open."""
        return self._h5saver.isopen()

    def close(self) -> None:
        """Close the file if it was opened here; otherwise write what is pending and leave it open."""
        if self._owns:
            self._h5saver.close_file()
        elif self._h5saver.isopen() and self._session.writable:
            self._h5saver.flush()

    def close_file(self) -> None:
        """Close the file, whoever opened it."""
        self._h5saver.close_file()

    def _get_node(self, where: Node | str) -> Node:
        return self._h5saver.get_node(where)

    def _group(self, where: Node | str) -> GROUP:
        """Return the group at `where`, or the one that the array at `where` is in."""
        node = self._get_node(where)
        if isinstance(node, GROUP):
            return node
        parent = node.parent_node
        if not isinstance(parent, GROUP):
            raise NodeKindError(f"{node.path} is not a group", path=self._session.path, node=node.path)
        return parent

    def _writable_group(self, where: Node | str) -> GROUP:
        """Return the group at `where`, which has to be one, in a file that has to be writable."""
        self._session.check_writable()
        node = self._get_node(where)
        if not isinstance(node, GROUP):
            raise NodeKindError(
                f"cannot save data in {node.path}, which is an array; give the path of a group",
                path=self._session.path,
                node=node.path,
            )
        return node


class DataManagement(FileUser):
    """Base of the classes that save and load nodes of one type.

    Attributes
    ----------
    data_type : DataType
        The type; its value begins the names of the nodes, which end with a number of two digits or more.
    """

    data_type: ClassVar[DataType]

    @classmethod
    def _format_node_name(cls, ind: int) -> str:
        return f"{cls.data_type.value}{ind:02d}"

    @classmethod
    def _number(cls, name: str) -> int | None:
        match = re.fullmatch(rf"{cls.data_type.value}(\d{{2,9}})", name)
        return int(match[1]) if match else None

    def numbered(self, where: Node | str) -> dict[int, str]:
        """Return the names of this type's nodes in a group, by number."""
        names = ((self._number(name), name) for name in self._group(where).children_name())
        return dict(sorted((number, name) for number, name in names if number is not None))

    def nodes_in(self, where: Node | str) -> list[CARRAY]:
        """Return the nodes of this type in a group, in the order of their numbers."""
        group = self._group(where)
        nodes = (group.get_child(name) for name in self.numbered(group).values())
        return [node for node in nodes if isinstance(node, CARRAY) and self._is_node_of_data_type(node)]

    def _is_node_of_data_type(self, where: Node | str) -> bool:
        return str(self._get_node(where).attrs.get("data_type")) == self.data_type.name

    def _get_next_node_name(self, where: Node | str) -> str:
        return self._format_node_name(max(self.numbered(where), default=-1) + 1)

    def get_last_node_name(self, where: Node | str) -> str | None:
        """Return the name of the node of this type with the highest number; None if there is none.

        Parameters
        ----------
        where : Node or str
            A group, or a node in it.
        """
        return next(reversed(self.numbered(where).values()), None)

    def get_index_from_node_name(self, where: Node | str) -> int | None:
        """Return the number in the name of a node; None if the name is not of this type."""
        name = where.name if isinstance(where, Node) else str(where).rpartition("/")[2]
        return self._number(name)

    def get_node_from_index(self, where: Node | str, index: int) -> Node:
        """Return the node of this type with that number.

        Raises
        ------
        NodeNotFound
        """
        group = self._group(where)
        name = self._format_node_name(index)
        if name not in group:
            raise NodeNotFound(
                f"{group.path} has no {name}; it has {', '.join(self.numbered(group).values()) or 'none of its kind'}",
                path=self._session.path,
                node=f"{group.path}/{name}",
            )
        return group.get_child(name)
