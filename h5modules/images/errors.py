"""The errors of images and series, a branch of the tree of `h5modules.errors`.

::

    H5ModulesError (RuntimeError)
    ├── ImageDataError (DataTypeError, ValueError)   not an array of numbers, of two or three dimensions
    ├── ImageIndexError (DataIndexError, ValueError) an index that is outside, or that no image has
    ├── ImageShapeError (DataShapeError)             a background or white that does not fit the image
    ├── MetaDataError                                meta data; carries .key
    │   ├── UnknownMetaKey (KeyError)                neither a known key nor of the form 'space:name'
    │   ├── MetaDataMissingError (KeyError)          a key that the image has no value for
    │   └── MetaDataInvalid (ValueError)             a value of the wrong type, or that no file can hold
    ├── BleachFitError (ValueError)                  a series to which no decay can be fitted
    └── FileError
        ├── CannotStore (FileReadOnly, ValueError)   something is to be stored with h5mode="r"
        ├── NoImage (NodeNotFound, ValueError)            the file has no image, or no series
        ├── IntegrityError (ValueError)              what is in the file is not what was stored; carries .problems
        ├── IdentifierTaken (ValueError)             a series has an image of that identifier
        ├── UnknownIdentifier (KeyError)             a series has no image of that identifier
        └── NoSuchImage (IndexError)                 a series has no image of that number
    ImageWarning (UserWarning)                       a result that is worth less than it looks
"""

from __future__ import annotations

from h5modules.errors import (
    DataIndexError,
    DataShapeError,
    DataTypeError,
    FileError,
    FileReadOnly,
    H5ModulesError,
    NodeNotFound,
)

__all__ = [
    "BleachFitError",
    "CannotStore",
    "IdentifierTaken",
    "ImageDataError",
    "ImageIndexError",
    "ImageShapeError",
    "ImageWarning",
    "IntegrityError",
    "MetaDataError",
    "MetaDataInvalid",
    "MetaDataMissingError",
    "NoImage",
    "NoSuchImage",
    "UnknownIdentifier",
    "UnknownMetaKey",
]


class ImageDataError(DataTypeError, ValueError):
    """Something else than an array of numbers with two or three dimensions, or than an image."""


class ImageIndexError(DataIndexError, ValueError):
    """An index that is outside of the image, or of a kind that images do not have."""


class ImageShapeError(DataShapeError):
    """A background or a white that does not fit the image; the message has both shapes."""


class MetaDataError(H5ModulesError):
    """Something about meta data; `key` is the key it is about."""

    def __init__(self, message: str, *, key: object = "") -> None:
        super().__init__(message)
        self.key = key


class UnknownMetaKey(MetaDataError, KeyError):
    """A key that is neither known nor of the form 'space:name'."""


class MetaDataMissingError(MetaDataError, KeyError):
    """A key that the image has no value for."""


class MetaDataInvalid(MetaDataError, ValueError):
    """A value of the wrong type for its key, or one that cannot be stored."""


class BleachFitError(H5ModulesError, ValueError):
    """A series to which no exponential decay can be fitted."""


class CannotStore(FileReadOnly, ValueError):
    """Something is to be stored in a file that is opened for reading."""


class NoImage(NodeNotFound, ValueError):
    """The file has no image (or no series) where one was expected."""


class IntegrityError(FileError, ValueError):
    """What is in the file is not what was stored.

    Attributes
    ----------
    problems : tuple of str
        Each thing that is wrong.
    """

    def __init__(self, message: str, *, path: object = "", node: object = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, path=path, node=node)
        self.problems = problems


class IdentifierTaken(FileError, ValueError):
    """A series has an image of that identifier already."""


class UnknownIdentifier(FileError, KeyError):
    """A series has no image of that identifier."""


class NoSuchImage(FileError, IndexError):
    """A series has no image of that number."""


class ImageWarning(UserWarning):
    """A result that is worth less than it looks; the message says why."""
