"""Where in a file the blocks are that say what a group has in it.

Read from the bytes, as the HDF5 File Format Specification (version 3.0) has them: superblocks of version 0 and 1
(II.A), version 1 B-trees (III.A.1), group symbol table nodes (III.B), local heaps (III.D), version 1 object headers
(IV.A.1.a). These are what HDF5 writes unless it is told to use its newest format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Block", "GroupsOnDisk", "UnknownStructure"]

Block = tuple[int, int]
"""Offset and length."""

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_UNDEFINED = 0xFFFFFFFFFFFFFFFF
_SYMBOL_TABLE, _CONTINUATION = 0x0011, 0x0010
_SUPERBLOCK = 100
_DEEPEST = 64
_LARGEST = 1 << 26


class UnknownStructure(Exception):
    """The file is of a kind that is not known here, or not what it says."""


def _number(data: bytes, at: int, size: int) -> int:
    found = data[at : at + size]
    if len(found) < size:
        raise UnknownStructure("a block ends too early")
    return int.from_bytes(found, "little")


class GroupsOnDisk:
    """The groups of a file as they are on disk.

    Parameters
    ----------
    read : callable
        Returns the bytes at an offset, of a length; fewer at the end of the file.

    Raises
    ------
    UnknownStructure
    """

    def __init__(self, read: Callable[[int, int], bytes]) -> None:
        self._read = read
        head = read(0, _SUPERBLOCK)
        if head[:8] != _SIGNATURE or head[8] not in (0, 1) or head[13] != 8 or head[14] != 8:
            raise UnknownStructure("not an HDF5 file of the kind that has groups in B-trees")
        more = 4 if head[8] else 0  # version 1 has a field more
        self._leaf_entries = 2 * _number(head, 16, 2)
        self._node_entries = 2 * _number(head, 18, 2)
        if _number(head, 24 + more, 8):
            raise UnknownStructure("the file has something in front of it")
        self.superblock: Block = (0, 96 + more)
        self._headers = {"/": _number(head, 64 + more, 8)}

    def blocks_of_node(self, path: str) -> list[Block]:
        """Return the blocks of a node's object header, where its attributes are; none if it is not on disk."""
        header = self._header(path)
        return [] if header is None else [block for block, _ in self._header_blocks(header)]

    def blocks_of_entry(self, path: str, name: str) -> list[Block]:
        """Return the blocks of a group that change when a node of that name comes or goes; none if it is not on disk.

        They are those between the group and the place of the name, their neighbours, and the heap of names.
        """
        header = self._header(path)
        if header is None:
            return []
        blocks = self.blocks_of_node(path)
        tree, heap = self._table(header)
        names, of_heap = self._heap(heap)
        blocks += of_heap
        for address in self._way(tree, names, name):
            blocks += self._node_block(address)
        return blocks

    def _header(self, path: str) -> int | None:
        """Return where the object header of a node is; None if it is not on disk."""
        known = self._headers.get(path)
        if known is not None:
            return known
        parent, _, name = path.rpartition("/")
        header = self._header(parent or "/")
        if header is None:
            return None
        tree, heap = self._table(header)
        names, _ = self._heap(heap)
        for address in self._way(tree, names, name):
            block = self._read(address, 8 + 40 * self._leaf_entries)
            if block[:4] != b"SNOD":
                continue
            for at in range(8, 8 + 40 * _number(block, 6, 2), 40):
                if _name_at(names, _number(block, at, 8)) == name.encode():
                    self._headers[path] = _number(block, at + 8, 8)
                    return self._headers[path]
        return None

    def _header_blocks(self, address: int) -> Iterator[tuple[Block, bytes]]:
        prefix = self._read(address, 16)
        if prefix[:1] != b"\x01":
            raise UnknownStructure("an object header of another version")
        waiting = [(address, 16, _number(prefix, 8, 4))]
        for _ in range(_DEEPEST):
            if not waiting:
                return
            start, skip, size = waiting.pop(0)
            if size > _LARGEST:
                raise UnknownStructure("an object header of an absurd size")
            data = self._read(start, skip + size)
            yield (start, skip + size), data[skip:]
            at = skip
            while at + 8 <= len(data):
                kind, length = _number(data, at, 2), _number(data, at + 2, 2)
                if kind == _CONTINUATION and length >= 16:
                    waiting.append((_number(data, at + 8, 8), 0, _number(data, at + 16, 8)))
                at += 8 + length
        raise UnknownStructure("an object header without an end")

    def _table(self, header: int) -> tuple[int, int]:
        for _, data in self._header_blocks(header):
            at = 0
            while at + 8 <= len(data):
                kind, length = _number(data, at, 2), _number(data, at + 2, 2)
                if kind == _SYMBOL_TABLE and length >= 16:
                    return _number(data, at + 8, 8), _number(data, at + 16, 8)
                at += 8 + length
        raise UnknownStructure("a group without a symbol table")

    def _heap(self, address: int) -> tuple[bytes, list[Block]]:
        head = self._read(address, 32)
        size, data = _number(head, 8, 8), _number(head, 24, 8)
        if head[:4] != b"HEAP" or size > _LARGEST:
            raise UnknownStructure("a local heap that is none")
        return self._read(data, size), [(address, 32), (data, size)]

    def _way(self, address: int, names: bytes, name: str) -> Iterator[int]:
        """Yield the nodes from the root of a tree to the place of a name, each with its neighbours."""
        wanted = name.encode()
        for _ in range(_DEEPEST):
            node = self._read(address, self._node_bytes)
            if node[:4] != b"TREE":
                raise UnknownStructure("a B-tree that is none")
            yield address
            for neighbour in (_number(node, 8, 8), _number(node, 16, 8)):
                if neighbour != _UNDEFINED:
                    yield neighbour
            count = _number(node, 6, 2)
            if not count:
                return
            # key 0, child 0, key 1, child 1, ..., last key: a child has names up to the key after it
            index = 0
            while index < count - 1 and wanted > _name_at(names, _number(node, 24 + 16 * (index + 1), 8)):
                index += 1
            children = [_number(node, 32 + 16 * k, 8) for k in range(max(0, index - 1), min(count, index + 2))]
            address = _number(node, 32 + 16 * index, 8)
            yield from (child for child in children if child != address)
            if node[5] == 0:  # the children are nodes of symbols
                yield address
                return
        raise UnknownStructure("a B-tree without an end")

    @property
    def _node_bytes(self) -> int:
        return 24 + 8 * self._node_entries + 8 * (self._node_entries + 1)

    def _node_block(self, address: int) -> list[Block]:
        kind = self._read(address, 4)
        if kind == b"TREE":
            return [(address, self._node_bytes)]
        if kind == b"SNOD":
            return [(address, 8 + 40 * self._leaf_entries)]
        raise UnknownStructure("a node of a B-tree that is none")


def _name_at(names: bytes, offset: int) -> bytes:
    end = names.find(b"\0", offset)
    return names[offset : end if end >= 0 else len(names)]
