"""What a killed writer has half changed in the structure of a file is put back.

Before a node is made, removed or described, the blocks of the file that HDF5 will change for it are copied into a file
beside it, the journal. After the flush they count no more. A journal that counts when the file is opened is that of a
writer that was killed before its flush was over: the blocks are written back, and the file is as it was after the flush
before, with all that was accepted.

The journal has a head of 40 bytes (magic, state, number and CRC32 of the records, identity of the file), then records:
offset, length, content. The head is written last, in one piece.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

from h5modules._storage.disk import noted_end
from h5modules._storage.groups_on_disk import GroupsOnDisk, UnknownStructure
from h5modules._storage.opening import exclusive

if TYPE_CHECKING:
    from pathlib import Path

    from h5modules._storage.groups_on_disk import Block

__all__ = ["Journal", "journal_of", "roll_back"]

logger = logging.getLogger("h5modules")

_MAGIC = b"H5MJRNL1"
_HEAD = struct.Struct("<8sIIQQQ")
_RECORD = struct.Struct("<QQ")


def journal_of(path: Path) -> Path:
    """Return where the journal of a file is."""
    return path.with_name(f"{path.name}.journal")


def _identity(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_ino & 0xFFFFFFFFFFFFFFFF


class Journal:
    """The journal of a file that is open for writing.

    Parameters
    ----------
    path : Path
        The file; it is as it was after a flush.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data: BinaryIO | None = None
        self._file: BinaryIO | None = None
        self._groups: GroupsOnDisk | None = None
        self._saved: set[Block] = set()
        self._handled: set[tuple[str, str]] = set()
        self._end = _HEAD.size
        self._crc = 0
        self._impossible = False

    def protect(self, path: str, name: str = "") -> None:
        """Save what will change when a node is described, or when a node `name` comes into, or leaves, a group."""
        key = path, name
        if key in self._handled or self._impossible:
            return
        self._handled.add(key)
        try:
            groups = self._on_disk()
            blocks = groups.blocks_of_entry(path, name) if name else groups.blocks_of_node(path)
            if blocks:
                self._save([groups.superblock, *blocks])
        except (UnknownStructure, OSError, UnicodeEncodeError) as exc:
            # another program's file, in another format: it is written as that program would
            logger.debug("%s has no journal: %s", self._path, exc)
            self._impossible = True

    def clear(self) -> None:
        """Say that all is flushed: what was saved counts no more."""
        if self._saved:
            assert self._file is not None
            self._file.seek(0)
            self._file.write(_HEAD.pack(_MAGIC, 0, 0, 0, 0, 0))
            self._saved = set()
            self._end, self._crc = _HEAD.size, 0
        self._handled.clear()

    def close(self) -> None:
        """Remove the journal; the file is flushed."""
        self.clear()
        for stream in (self._file, self._data):
            if stream is not None:
                stream.close()
        if self._file is not None:
            journal_of(self._path).unlink(missing_ok=True)
        self._file = self._data = None

    def _on_disk(self) -> GroupsOnDisk:
        if self._groups is None:
            self._data = self._path.open("rb", buffering=0)
            self._groups = GroupsOnDisk(self._read)
        return self._groups

    def _read(self, offset: int, length: int) -> bytes:
        assert self._data is not None
        self._data.seek(offset)
        return self._data.read(length) or b""

    def _save(self, blocks: list[Block]) -> None:
        new = [block for block in dict.fromkeys(blocks) if block not in self._saved]
        if not new:
            return
        if self._file is None:
            self._file = journal_of(self._path).open("w+b", buffering=0)
        records = b"".join(_RECORD.pack(offset, length) + self._read(offset, length) for offset, length in new)
        self._file.seek(self._end)
        self._file.write(records)
        self._end += len(records)
        self._crc = zlib.crc32(records, self._crc)
        self._saved.update(new)
        assert self._data is not None
        self._file.seek(0)
        self._file.write(_HEAD.pack(_MAGIC, 1, self._crc, self._end, _identity(self._data), 0))


def roll_back(path: Path) -> int:
    """Put back what a killed writer has half changed.

    Parameters
    ----------
    path : Path
        A file that is not open.

    Returns
    -------
    int
        How many blocks were put back; 0 if there was nothing to be done.

    Raises
    ------
    FileLocked
        Somebody has the file open.
    OSError
        The file may not be written.
    """
    journal = journal_of(path)
    if not journal.exists():
        return 0
    with exclusive(path):
        blocks = _records(path, journal)
        if blocks:
            with path.open("r+b", buffering=0) as file:
                for offset, content in blocks:
                    file.seek(offset)
                    file.write(content)
                # the end that was noted before may have been one ahead of the data, and HDF5 wants a file up to there
                file.seek(0)
                end = noted_end(file.read(64))
                if end is not None and end > os.fstat(file.fileno()).st_size:
                    file.truncate(end)
        journal.unlink()
    return len(blocks)


def _records(path: Path, journal: Path) -> list[tuple[int, bytes]]:
    """Return the blocks of a journal; none if it does not count."""
    with path.open("rb") as file, journal.open("rb") as stream:
        head = stream.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return []
        magic, state, crc, end, identity, _ = _HEAD.unpack(head)
        if magic != _MAGIC or not state:
            return []
        records = stream.read(max(0, end - _HEAD.size))
        if len(records) != end - _HEAD.size or zlib.crc32(records) != crc or identity != _identity(file):
            logger.warning("%s does not belong to %s as it is now, and is not used", journal, path)
            return []
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(records):
        offset, length = _RECORD.unpack_from(records, at)
        found.append((offset, records[at + _RECORD.size : at + _RECORD.size + length]))
        at += _RECORD.size + length
    return found
