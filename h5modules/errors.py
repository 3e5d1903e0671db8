"""The errors of h5modules, one tree.

::

    H5ModulesError (RuntimeError)
    ├── DataError                      data in memory; carries .data_name
    │   ├── DataTypeError (TypeError)      not numbers, not an array, not one of our classes
    │   ├── DataShapeError (ValueError)    arrays, error bars or axes whose shapes do not fit each other
    │   ├── DataLengthError (ValueError)   another number of arrays (or labels, or names) than was expected
    │   ├── DataDimError (ValueError)      a dimensionality that the arrays do not have
    │   ├── DataUnitError (ValueError)     units that cannot be converted into each other
    │   ├── AxisError (ValueError)         an axis that contradicts itself, its data or its neighbours
    │   │   └── AxisNotFound (LookupError)     no axis with that index or label
    │   ├── DataIndexError (IndexError)    a slice or an index outside the data
    │   ├── DataNotFound (IndexError, ValueError)  no such data in a DataToExport
    │   └── UnknownMember (ValueError)     a DataDim, DataSource or DataDistribution that does not exist
    ├── UnknownFormat (LookupError, ValueError)  no exporter has that name or writes files with that ending
    ├── MissingLibrary (ImportError)   a format needs a package that is not installed; .library
    └── FileError                      a file or something in it; carries .path and .node
        ├── NoSuchFile (FileNotFoundError)
        ├── FileExists (FileExistsError)   there already, and overwriting was not asked for
        ├── FileUnreadable (OSError)       not HDF5, truncated, or damaged beyond repair
        ├── FileLocked (BlockingIOError)   open in another process, or in another mode in this one
        ├── FileClosed (ValueError)        used after it was closed, or before it was opened
        ├── FileReadOnly (PermissionError) a write to a file that was opened for reading
        ├── WriteFailed (OSError)          full disk, quota, file size limit, file gone; .errno
        ├── NodeNotFound (LookupError)     nothing at that path in the file
        ├── NodeExists (ValueError)        a node of that name, of another kind, is there
        ├── NodeKindError (TypeError)      a group where an array is needed, or the reverse
        ├── ArrayMismatch (ValueError)     data that does not fit the array it is appended to: shape, dtype, number
        ├── PointOutside (IndexError)      a scan index outside the extended shape
        ├── PointTaken (ValueError)        a scan point that is in the file already
        ├── TooLarge (MemoryError)         an array that does not fit in memory; load it lazily
        ├── CannotExport (ValueError)      data that the format asked for cannot hold
        ├── WriterFailed                   something that was given to an asynchronous writer is not in the file
        └── QueueFull (TimeoutError)       an asynchronous writer had no room in time
    AttributeWarning (UserWarning)     an attribute that is not understood and comes back as the text that it is

Every message says what was tried, on what, the value seen, the value expected and what to do next.
"""

from __future__ import annotations

__all__ = [
    "ArrayMismatch",
    "AttributeWarning",
    "AxisError",
    "AxisNotFound",
    "CannotExport",
    "DataDimError",
    "DataError",
    "DataIndexError",
    "DataLengthError",
    "DataNotFound",
    "DataShapeError",
    "DataTypeError",
    "DataUnitError",
    "FileClosed",
    "FileError",
    "FileExists",
    "FileLocked",
    "FileReadOnly",
    "FileUnreadable",
    "H5ModulesError",
    "MissingLibrary",
    "NoSuchFile",
    "NodeExists",
    "NodeKindError",
    "NodeNotFound",
    "PointOutside",
    "PointTaken",
    "QueueFull",
    "TooLarge",
    "UnknownFormat",
    "UnknownMember",
    "WriteFailed",
    "WriterFailed",
]


class H5ModulesError(RuntimeError):
    """Root of all errors that this package raises on purpose."""

    def __str__(self) -> str:  # KeyError would show its message as a repr
        return str(self.args[0]) if self.args else ""


class DataError(H5ModulesError):
    """Something about data in memory; `data_name` is the name of the data or the label of the axis, '' if unknown."""

    def __init__(self, message: str, *, data_name: str = "") -> None:
        super().__init__(message)
        self.data_name = data_name


class DataTypeError(DataError, TypeError):
    """Something else than an array of numbers, or than one of this package's classes."""


class DataShapeError(DataError, ValueError):
    """Arrays, error bars or axes whose shapes do not fit each other; the message has both."""


class DataLengthError(DataError, ValueError):
    """Another number of arrays, error bars or labels than was expected."""


class DataDimError(DataError, ValueError):
    """A dimensionality (Data0D, Data1D, ...) that the arrays do not have, or that is not known."""


class DataUnitError(DataError, ValueError):
    """Units that cannot be converted into each other, or that are not known."""


class AxisError(DataError, ValueError):
    """An axis that contradicts itself, the data it belongs to, or another axis."""


class AxisNotFound(AxisError, LookupError):
    """The data has no axis with the index or the label that was asked for."""


class DataIndexError(DataError, IndexError):
    """A slice, an index or a coordinate that the data does not have."""


class DataNotFound(DataError, IndexError, ValueError):
    """A DataToExport holds nothing with the name that was asked for."""


class UnknownFormat(H5ModulesError, LookupError, ValueError):
    """No exporter has the name that was asked for, or writes files with that ending."""


class MissingLibrary(H5ModulesError, ImportError):
    """A format needs a package that is not installed; `library` is its name."""

    def __init__(self, message: str, *, library: str = "") -> None:
        super().__init__(message)
        self.library = library


class FileError(H5ModulesError):
    """Something about one file.

    Attributes
    ----------
    path : str
        The file, '' if unknown.
    node : str
        The path of the node in the file, '' if it is about the whole file.
    """

    def __init__(self, message: str, *, path: object = "", node: object = "") -> None:
        super().__init__(message)
        self.path = str(path)
        self.node = str(node)


class NoSuchFile(FileError, FileNotFoundError):
    """The file to read is not there."""


class FileExists(FileError, FileExistsError):
    """The file to create is there already, and overwriting was not asked for."""


class FileUnreadable(FileError, OSError):
    """The file is not HDF5, is truncated, or is damaged in a way that could not be repaired."""


class FileLocked(FileError, BlockingIOError):
    """Another process has the file open for writing, or this one has it open in another mode."""


class FileClosed(FileError, ValueError):
    """The file was closed, or is not open yet."""


class FileReadOnly(FileError, PermissionError):
    """The file was opened for reading, or may not be written."""


class WriteFailed(FileError, OSError):
    """The operating system refused a write; what was accepted before is in the file.

    Attributes
    ----------
    errno : int or None
        The operating system's error number (ENOSPC, EFBIG, EDQUOT, ...), None if the library did not tell.
    """

    def __init__(self, message: str, *, path: object = "", node: object = "", errno: int | None = None) -> None:
        super().__init__(message, path=path, node=node)
        self.errno = errno


class NodeNotFound(FileError, LookupError):
    """The file has no node at that path."""


class NodeExists(FileError, ValueError):
    """The file has another node at that path."""


class NodeKindError(FileError, TypeError):
    """A node of another kind than what was asked of it (a group, an array, an axis, data)."""


class ArrayMismatch(FileError, ValueError):
    """Data that does not fit the arrays in the file; nothing of it was written."""


class PointOutside(FileError, IndexError):
    """A scan index that the extended shape does not have."""


class PointTaken(FileError, ValueError):
    """A scan point that was measured and saved before."""


class TooLarge(FileError, MemoryError):
    """An array that does not fit in memory."""


class CannotExport(FileError, ValueError):
    """Data that the format asked for cannot hold; the message says which formats can."""


class WriterFailed(FileError):
    """An asynchronous writer could not save what it was given; why is this error's `__cause__`.

    Attributes
    ----------
    committed : int
        How many items are in the file.
    lost : int
        How many items were taken and are not in the file.
    """

    def __init__(
        self, message: str, *, path: object = "", node: object = "", committed: int = 0, lost: int = 0
    ) -> None:
        super().__init__(message, path=path, node=node)
        self.committed = committed
        self.lost = lost


class QueueFull(FileError, TimeoutError):
    """An asynchronous writer had no room for more within the time it was given; nothing of it was taken."""


class AttributeWarning(UserWarning):
    """An attribute in a file is not one of the known types: it comes back as the text that it is."""


class UnknownMember(DataError, ValueError):
    """A DataDim, DataSource or DataDistribution that does not exist; the message lists those that do."""
