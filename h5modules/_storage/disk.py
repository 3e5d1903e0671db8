"""The file as the operating system has it: room for what comes, and no more of it in memory than needed.

HDF5 notes the end of the file in its first block, and updates that note last of all when it flushes. A process killed
before that leaves arrays that reach beyond the noted end, and no reader opens their last chunk. Therefore the noted end
is kept well ahead of the real one while frames are appended, and put right when the file is closed. HDF5 itself asks of
the note only that the file be no shorter.

Room is reserved ahead of the data. A full disk, a quota or a limit on file sizes is then met here, where it is a clear
error and the file is whole, and not in the middle of HDF5's own writes, whose failure it cannot undo.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Any

from h5modules.errors import WriteFailed

if TYPE_CHECKING:
    from h5modules._storage.rawfile import RawFile

__all__ = ["Room"]

MIB = 1 << 20
_STEP = 16 * MIB
"""Bytes that are reserved at a time."""
_MARGIN = 2 * MIB
"""Bytes beyond the next write that HDF5 may need for its own blocks."""
_KEEP = 1024 * MIB
"""Bytes of the file's newest part that stay in the page cache."""
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_END_OF_FILE = {0: 40, 1: 44}
"""Offset of the end-of-file address in superblocks of versions 0 and 1 (HDF5 File Format Specification, II.A); later
versions carry a checksum."""
_UNSUPPORTED = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.EPERM})


class Room:
    """Space ahead of the end of one open file.

    Parameters
    ----------
    file : RawFile
        Open for writing.
    drop_cache : bool
        Give pages of the file back to the system while it grows. Without this, buffered writes of many GB fill the
        page cache and cost ten times the system time.
    """

    def __init__(self, file: RawFile, *, drop_cache: bool = True) -> None:
        self._file = file
        self._fd: int = file.fileno()
        self._path = os.fspath(file.filename)
        self._end_at = self._end_field()
        self._reserved = 0
        self._dropped = 0
        self._drop_cache = drop_cache and hasattr(os, "posix_fadvise")
        self._can_reserve = hasattr(os, "posix_fallocate")
        self._ahead = False

    def _end_field(self) -> int | None:
        """Return where the note of the file's end is; None where it cannot be written apart."""
        if not hasattr(os, "pread"):
            return None
        head = os.pread(self._fd, 16, 0)
        if head[:8] != _SIGNATURE or head[13] != 8:  # byte 13: the size of an address
            return None
        return _END_OF_FILE.get(head[8])

    @property
    def end(self) -> int:
        """The end of what HDF5 has allocated, in bytes."""
        return int(self._file.get_filesize())

    def need(self, count: int) -> None:
        """Make sure that `count` bytes more can be written.

        Raises
        ------
        WriteFailed
            They cannot: the disk or the quota is full, a limit on file sizes is reached, or the file is gone. Nothing
            was changed.
        """
        end = self.end
        wanted = end + count + _MARGIN
        if wanted <= self._reserved:
            return
        self._check_there(os.fstat(self._fd))
        if not self._can_reserve:
            return
        for target in (max(wanted, end + _STEP), wanted):  # near the limit the exact need may still fit
            try:
                os.posix_fallocate(self._fd, end, target - end)
            except OSError as exc:
                if exc.errno in _UNSUPPORTED:
                    self._can_reserve = False
                    return
                failure = exc
            else:
                self._reserved = target
                return
        self.settle()
        raise WriteFailed(
            f"no room for {count} bytes more in {self._path} ({end} bytes now): {os.strerror(failure.errno or 0)}. "
            f"All that was accepted before is in the file; free some space, or go on in a file elsewhere",
            path=self._path,
            errno=failure.errno,
        ) from failure

    @property
    def is_gone(self) -> bool:
        """Whether somebody removed the file."""
        return os.fstat(self._fd).st_nlink == 0

    def _check_there(self, stat: os.stat_result) -> None:
        if stat.st_nlink == 0:
            raise WriteFailed(
                f"{self._path} was removed while it was being written; its content is lost when it is closed. Go on "
                f"in another file",
                path=self._path,
                errno=errno.ENOENT,
            )

    def flushed(self) -> None:
        """Keep the noted end ahead, after HDF5 wrote it, and give back the memory of the older part of the file.

        Raises
        ------
        WriteFailed
            The file is shorter than what HDF5 wrote: a write failed, and HDF5 did not say so. Or it was removed.
        """
        stat = os.fstat(self._fd)
        self._check_there(stat)
        if not self._reserved and self._can_reserve:
            self._trim_cache(self.end)
            return
        size = stat.st_size  # HDF5 cuts the file to what it has allocated whenever that changed
        end = self.end
        if size < end:
            raise WriteFailed(
                f"{self._path} has {size} bytes on disk where {end} were written: the disk is full, or the file was "
                f"cut by somebody else. Go on in another file",
                path=self._path,
            )
        self._reserved = size if size > end else 0
        if self._reserved and self._end_at is not None:
            os.pwrite(self._fd, self._reserved.to_bytes(8, "little"), self._end_at)
            self._ahead = True
        self._trim_cache(end)

    def _trim_cache(self, end: int) -> None:
        upto = end - _KEEP
        if upto > self._dropped + 64 * MIB and self._drop_cache:
            os.posix_fadvise(self._fd, 0, upto, os.POSIX_FADV_DONTNEED)
            self._dropped = upto

    def settle(self) -> None:
        """Put the noted end right and cut what was reserved in excess; the file is flushed, and about to be closed."""
        end = self.end
        if self._ahead and self._end_at is not None:
            os.pwrite(self._fd, end.to_bytes(8, "little"), self._end_at)
            self._ahead = False
        self._give_back(end)

    def _give_back(self, end: int) -> None:
        self._reserved = 0
        if self._can_reserve and os.fstat(self._fd).st_size > end:
            with contextlib.suppress(OSError):  # a file with room to spare is whole
                os.ftruncate(self._fd, end)


def noted_end(head: Any) -> int | None:
    """Return the end of file noted in the first bytes of an HDF5 file of version 0 or 1; None for others."""
    head = bytes(head)
    if len(head) < 56 or head[:8] != _SIGNATURE or head[8] not in _END_OF_FILE or head[13] != 8:
        return None
    at = _END_OF_FILE[head[8]]
    return int.from_bytes(head[at : at + 8], "little")
