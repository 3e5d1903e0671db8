"""One shared-memory segment that cannot leak.

Its name lives only from creation until both sides have attached: then it is unlinked, and the memory goes with the
last process that maps it, however that process ends. Between the two, `multiprocessing`'s resource tracker sees to it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import sys
import threading
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory

from pymodaq_hsi.errors import AcquisitionError

__all__ = ["Segment"]

_patching = threading.Lock()


class _Memory(SharedMemory):
    """Shared memory that is closed by its `Segment` alone: in a collected cycle its own finalizer may come first."""

    def __del__(self) -> None:
        pass


class Segment:
    """Shared memory and typed windows into it.

    The mapping is kept as long as this object lives; whoever hands out pointers into it holds a reference.

    Attributes
    ----------
    name : str
        Begins with ``hsi_`` and the number of the process that made it.
    size : int
        Bytes; on attaching, possibly rounded up to pages.
    bytes, words : memoryview
        The memory as single bytes and as 64-bit unsigned integers; storing one item is atomic.
    address : int
    """

    def __init__(self, memory: _Memory) -> None:
        self._memory = memory
        self._unlinked = False
        buffer = memory.buf
        assert buffer is not None
        self.name = memory.name
        self.size = memory.size
        self.bytes = buffer.cast("B")
        self.words = buffer[: memory.size // 8 * 8].cast("Q")
        anchor = ctypes.c_char.from_buffer(buffer)
        self.address = ctypes.addressof(anchor)
        del anchor
        self._mapped = True

    @property
    def mapped(self) -> bool:
        """False when it is being collected, and its memory is gone."""
        return self._mapped

    @classmethod
    def create(cls, size: int) -> Segment:
        """Create a segment of `size` bytes, with its memory really reserved.

        Raises
        ------
        AcquisitionError
            The system has not that much shared memory left.
        """
        try:
            _check_room(size)
            memory = _Memory(f"hsi_{os.getpid()}_{secrets.token_hex(6)}", create=True, size=size)
        except OSError as error:
            raise _too_large(size, error) from error
        try:
            _reserve(memory.name, size)
        except OSError as error:
            memory.close()
            memory.unlink()
            raise _too_large(size, error) from error
        return cls(memory)

    @classmethod
    def attach(cls, name: str) -> Segment:
        """Attach a segment that another process owns."""
        if sys.version_info >= (3, 13):
            return cls(_Memory(name=name, track=False))
        # Before 3.13 attaching registers the segment with this process's resource tracker, which would remove it
        # from under its owner when this process exits.
        with _patching:
            register = resource_tracker.register
            resource_tracker.register = lambda *_: None
            try:
                return cls(_Memory(name=name))
            finally:
                resource_tracker.register = register

    def unlink(self) -> None:
        """Remove the name; the memory stays until the last process lets go. Only for the creator; idempotent."""
        if not self._unlinked:
            self._unlinked = True
            self._memory.unlink()

    def __del__(self) -> None:
        if getattr(self, "_mapped", False):
            self._mapped = False
            self.words.release()
            self.bytes.release()
            with contextlib.suppress(OSError):  # a driver may have closed descriptors that it did not open
                self._memory.close()


def _check_room(size: int) -> None:
    """Refuse what cannot fit before anything is made: a segment that fails half-way confuses the resource tracker."""
    if hasattr(os, "statvfs") and os.path.isdir("/dev/shm"):
        room = os.statvfs("/dev/shm")
        if size > room.f_bavail * room.f_frsize:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    try:
        import resource
    except ImportError:  # Windows: no such limit
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY and size > limit:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))


def _reserve(name: str, size: int) -> None:
    """Make the kernel set the pages aside now: touching a page that is not there later would be a SIGBUS."""
    path = f"/dev/shm/{name}"
    if not hasattr(os, "posix_fallocate") or not os.path.exists(path):
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)


def _too_large(size: int, error: OSError) -> AcquisitionError:
    return AcquisitionError(
        f"cannot reserve {size / 2**20:.0f} MiB of shared memory for the buffers ({error.strerror or error}); "
        "ask for fewer buffers or smaller frames, or enlarge /dev/shm"
    )
