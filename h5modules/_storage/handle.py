"""The object that holds a file open."""

from __future__ import annotations

from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any, Literal

from h5modules._storage.codecs import Codec
from h5modules._storage.session import Session
from h5modules.errors import FileClosed, FileLocked

if TYPE_CHECKING:
    from h5modules._storage.ahead import Ahead
    from h5modules._storage.recovery import RecoveryReport

__all__ = ["FileHandle"]


class FileHandle:
    """One HDF5 file: opened, flushed, closed; its nodes are the business of `H5Backend`.

    Parameters
    ----------
    backend : {"tables", "h5py"}, optional
        Accepted for scripts that choose; the file on disk is the same, and PyTables writes it.
    compression : {"none", "zlib", "blosc2"}
        For arrays that are created from now on; see `define_compression`.
    """

    def __init__(self, backend: str | None = None, *, compression: str | None = "none") -> None:
        if backend not in (None, "tables", "h5py"):
            raise ValueError(f"backend {backend!r} is not known; files are written by 'tables'")
        self.backend = "tables"
        self._session: Session | None = None
        self._codec = Codec.named(compression)
        self._report: RecoveryReport | None = None

    @property
    def session(self) -> Session:
        """The open file, for savers.

        Raises
        ------
        FileClosed
        FileLocked
            It belongs to an asynchronous writer.
        """
        if self._session is None or not self._session.is_open:
            where = f"{self._session.path} was closed" if self._session else "no file was opened yet"
            raise FileClosed(
                f"{where}; open one with init_file() or open_file()", path=self._session.path if self._session else ""
            )
        owner = self._session.owner
        if owner is not None and owner != get_ident():
            raise FileLocked(
                f"{self._session.path} belongs to an asynchronous writer, whose thread alone may use it: have it done "
                f"there with the writer's call(), or close the writer first",
                path=self._session.path,
            )
        return self._session

    def lend(self, owner: int | None, ahead: Ahead | None) -> None:
        """Make the open file that of one thread, by its ident, or anybody's again.

        Parameters
        ----------
        owner : int or None
        ahead : Ahead or None
            Where chunks may be found compressed already.
        """
        if self._session is not None:
            self._session.owner, self._session.ahead = owner, ahead

    @property
    def h5file(self) -> Any:
        """The PyTables file; None when none is open."""
        return self._session.file if self._session is not None and self._session.is_open else None

    @property
    def filename(self) -> str:
        """Name of the file, without its folder."""
        return self.session.path.name

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.session.path

    @property
    def recovery(self) -> RecoveryReport | None:
        """What was found and done on opening a file whose writer had been killed; None for a file that was closed."""
        return self._report

    def isopen(self) -> bool:
        """Whether a file is open."""
        return self._session is not None and self._session.is_open

    def open_file(
        self,
        fullpathname: Path | str,
        mode: Literal["r", "a", "r+", "w"] = "r",
        title: str = "PyMoDAQ file",
        *,
        overwrite: bool = False,
        **options: Any,
    ) -> Any:
        """Open or create a file.

        Parameters
        ----------
        fullpathname : path
            The file.
        mode : {"r", "a", "r+", "w"}
            To read; to add, creating it if it is not there; to add; to create.
        overwrite : bool
            With "w": replace a file that is there.
        **options
            ``flush_every``, ``flush_interval``, ``drop_cache``; see `H5SaverLowLevel`.

        Returns
        -------
        RawFile
            The PyTables file.

        Raises
        ------
        FileExists, NoSuchFile, FileLocked, FileReadOnly, FileUnreadable, WriteFailed
        """
        from h5modules._storage.recovery import open_recovered

        if mode not in ("r", "a", "r+", "w"):
            raise ValueError(f"mode {mode!r} is not known; take 'r', 'a', 'r+' or 'w'")
        self.close_file()
        path = Path(fullpathname)
        if mode == "w" or (mode == "a" and not path.exists()):
            self._session, self._report = Session.create(path, title=title, overwrite=overwrite, **options), None
        else:
            self._session, self._report = open_recovered(path, "r" if mode == "r" else "r+", **options)
        return self._session.file

    def close_file(self) -> None:
        """Close the file; nothing happens when none is open."""
        if self._session is not None:
            self._session.close()

    def flush(self) -> None:
        """Write all that is pending to the file."""
        self.session.commit(force=True)

    def save_file_as(self, filenamepath: Path | str = "h5copy.h5", *, overwrite: bool = False) -> None:
        """Copy the open file, as it is now, to another path."""
        from h5modules._storage.copying import copy_bytes

        if self.session.writable:
            self.flush()
        copy_bytes(self.session.path, Path(filenamepath), overwrite=overwrite)

    def define_compression(self, compression: str | None, compression_opts: int | None = None) -> None:
        """Choose how arrays that are created from now on are compressed.

        Parameters
        ----------
        compression : {"none", "zlib", "blosc2"}
            zlib is read by every HDF5 reader, blosc2 by those that have its plugin.
        compression_opts : int, optional
            Level, 0 (none) to 9.
        """
        self._codec = Codec.named(compression, compression_opts)

    @property
    def codec(self) -> Codec:
        """The compression of arrays that are created from now on."""
        return self._codec
