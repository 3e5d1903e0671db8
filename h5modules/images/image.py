"""One image or cube with its background, its white and its meta data, in a file or in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from h5modules.errors import FileExists
from h5modules.images import _checking
from h5modules.images._finding import layout_in
from h5modules.images._layouts import BACKGROUND, RAW, WHITE, FlimageLayout, OwnLayout
from h5modules.images._meta import DATA_KEYS, MetaData, check_key, checked
from h5modules.images._parts import correction, differ, image_data, refuse_reading, room_for, write_image
from h5modules.images._store import Store, path_of
from h5modules.images._stored_image import StoredImage
from h5modules.images._views import ImageView, full_key, result_shape
from h5modules.images.errors import ImageDataError, ImageIndexError, MetaDataInvalid

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

__all__ = ["HSImage"]


class HSImage(StoredImage):
    """An image ``(lines, pixels)`` or a cube ``(lines, pixels, bands)`` with its corrections.

    What was measured is never altered: `corrected` and `reflectance` are computed from it, slice by slice, when they
    are read. Without `h5file` it lives in memory until it is closed or forgotten.

    Parameters
    ----------
    data : array_like, optional
        The raw data: numbers, kept in their own type. A memory-mapped or lazy array is written slab by slab. If the
        file has an image already, this replaces it *and* its background and white.
    bg_data : array_like or HSImage, optional
        Background; see `set_bg_data`.
    white_data : array_like or HSImage, optional
        White reference; see `set_white_data`.
    meta_data : mapping, optional
        Known keys (`META_KEYS`, SI units) and free ones with a name space, as ``"sample:name"``.
    h5file : path, optional
        The file.
    h5mode : {"a", "r", "r+", "w", "x", "w-"}
        To read and write, creating the file if it is not there; to read; to read and write what is there; to create,
        replacing one that is there; to create, refusing that.

    Raises
    ------
    ImageDataError
        The data are not numbers in two or three dimensions, or there are none.
    ImageShapeError
        Background or white do not fit.
    UnknownMetaKey, MetaDataInvalid
    NoImage
        The file has no image.
    FileReadOnly
        Something is to be stored, and `h5mode` is "r".
    FileExists, NoSuchFile, FileLocked, FileUnreadable, WriteFailed

    Examples
    --------
    >>> import numpy as np
    >>> image = HSImage(np.array([[3, 9], [7, 5]], "uint16"), bg_data=np.full((2, 2), 5, "uint16"))
    >>> np.asarray(image.corrected)
    array([[-2,  4],
           [ 2,  0]], dtype=int32)
    >>> image[:1].corrected[0, 0]
    np.int32(-2)
    """

    __hash__ = None  # type: ignore[assignment]  # images are compared by what is in them, and that may change

    def __init__(
        self,
        data: npt.ArrayLike | None = None,
        bg_data: npt.ArrayLike | HSImage | None = None,
        white_data: npt.ArrayLike | HSImage | None = None,
        meta_data: Mapping[str, object] | None = None,
        h5file: str | os.PathLike[str] | None = None,
        h5mode: str = "a",
    ) -> None:
        path = path_of(h5file)
        meta = checked(meta_data)
        raw = None if data is None else image_data(data)
        parts = {BACKGROUND: _view(bg_data), WHITE: _view(white_data, raw=True)}
        refuse_reading(
            h5mode if path else "", path, data=data, bg_data=bg_data, white_data=white_data, meta_data=meta_data
        )
        new = path is None or h5mode in ("w", "w-", "x") or (h5mode == "a" and not path.exists())
        if raw is None and new:
            raise ImageDataError(
                f"there is no data to store in {path or 'memory'}: give data, or as h5file a file with an image in it"
            )
        if raw is not None:
            fitted = {name: correction(part, raw.shape, name) for name, part in parts.items() if part is not None}
        store = Store(path, h5mode)
        self._on_identifier: Callable[[Any, Any], None] | None = None
        self._owns = True
        try:
            super().__init__(store, layout_in(store, expected=raw is None))
            if raw is None:
                shape = self.shape
                fitted = {name: correction(part, shape, name) for name, part in parts.items() if part is not None}
            if raw is not None or fitted or meta:
                self._layout.check_writable()
            if raw is not None:
                self._set_all(raw, fitted, meta)
            else:
                for name, part in fitted.items():
                    self._replace(name, part)
                if meta:
                    self._set_meta(self._layout.meta() | meta)
        except BaseException:
            store.close()
            raise

    @classmethod
    def in_group(
        cls,
        store: Store,
        layout: OwnLayout | FlimageLayout,
        on_identifier: Callable[[Any, Any], None] | None = None,
    ) -> Self:
        """Return the image in a group of a file that stays somebody else's."""
        image = cls.__new__(cls)
        StoredImage.__init__(image, store, layout)
        image._owns, image._on_identifier = False, on_identifier  # noqa: SLF001 - its own class
        return image

    # changes

    def set_bg_data(self, bg_data: npt.ArrayLike | HSImage | None) -> None:
        """Set, replace or remove the background.

        Parameters
        ----------
        bg_data : array_like, HSImage or None
            Of the shape of the image; for a cube also ``(pixels, bands)``, the same for all lines. Of an image, its
            `corrected` is taken. None removes the background.

        Raises
        ------
        ImageDataError, ImageShapeError
            It does not fit; nothing was changed.
        FileReadOnly, WriteFailed
        """
        self._set(BACKGROUND, bg_data)

    def set_white_data(self, white_data: npt.ArrayLike | HSImage | None) -> None:
        """Set, replace or remove the white reference, as measured; see `set_bg_data`."""
        self._set(WHITE, white_data)

    def _set(self, name: str, data: npt.ArrayLike | HSImage | None) -> None:
        view = _view(data, raw=name == WHITE)
        part = None if view is None else correction(view, self.shape, name)
        self._layout.check_writable()
        if part is not None:
            self._replace(name, part)
            return
        layout = self._own()
        with self._store.change():
            layout.remove(name)
            layout.set_derived(None)
        self._note_derived()

    def _own(self) -> OwnLayout:
        self._layout.check_writable()
        assert isinstance(self._layout, OwnLayout)  # the other one has just refused
        return self._layout

    def _replace(self, name: str, part: Any) -> None:
        """Write a part anew: what was there is given up only when the new one is in the file."""
        layout = self._own()
        with self._store.change(room_for(part)):
            layout.begin(name, part)
        with self._store.change():
            layout.finish(name)
            layout.set_derived(None)
        self._note_derived()

    def _set_all(self, raw: Any, parts: dict[str, Any], meta: dict[str, Any]) -> None:
        layout = self._own()
        there = layout.raw() is not None
        merged = layout.meta() | meta if there else meta
        with self._store.change(room_for(raw) + sum(map(room_for, parts.values()))):
            write_image(layout, raw, parts, merged, beside=there)
        if there:
            with self._store.change():
                for name in (RAW, BACKGROUND, WHITE):
                    layout.finish(name) if name in (RAW, *parts) else layout.remove(name)
                layout.set_meta(merged)
                layout.set_derived(None)
        self._note_derived()

    def _note_derived(self) -> None:
        crc = _checking.corrected_crc(self) if self.has_bg else None
        if crc is not None:
            with self._store.change():
                self._own().set_derived(crc)

    # meta data

    @property
    def meta(self) -> MetaData:
        """A copy of the meta data; missing keys raise `MetaDataMissingError`."""
        return MetaData(sorted(self._layout.meta().items()))

    @property
    def info(self) -> list[tuple[str, Any]]:
        """Meta data and what is known of the corrections, as pairs."""
        found: list[tuple[str, Any]] = list(self.meta.items())
        if self.has_bg:
            found.append(("background shape", self.bg.shape))
        if self.has_white:
            found.append(("white shape", self.white.shape))
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._layout.meta()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self.meta[key]
        return self._sliced(key)

    def __setitem__(self, key: str, value: object) -> None:
        if not isinstance(key, str):
            raise ImageDataError(
                f"image[{key!r}] = ... would alter what was measured, which is never done; make another HSImage"
            )
        self.update_meta({key: value})

    def __delitem__(self, key: str) -> None:
        meta = self.meta
        meta[check_key(key)]
        if key == "identifier" and self._on_identifier is not None:
            raise MetaDataInvalid("the identifier of an image in a series can be changed, not removed", key=key)
        self._layout.check_writable()
        self._set_meta({name: value for name, value in meta.items() if name != key})

    def update_meta(self, meta: Mapping[str, object]) -> None:
        """Set several keys of the meta data at once.

        Raises
        ------
        UnknownMetaKey, MetaDataInvalid, FileReadOnly
        """
        new = checked(meta)
        self._layout.check_writable()
        self._set_meta(self._layout.meta() | new)

    def _set_meta(self, meta: dict[str, Any]) -> None:
        layout = self._own()
        before, after = layout.meta().get("identifier"), meta.get("identifier")
        with self._store.change():
            if before != after and self._on_identifier is not None:
                self._on_identifier(before, after)
            layout.set_meta(meta)

    def _sliced(self, key: object) -> HSImage:
        shape = self.shape
        full = full_key(key, shape)
        result = result_shape(full, shape)
        if len(result) not in (2, 3) or 0 in result:
            raise ImageIndexError(
                f"[{key!r}] of an image of shape {shape} is of shape {result}, and an image has two or three "
                f"dimensions, none of them empty; take .raw[{key!r}] or .corrected[{key!r}] for the numbers"
            )
        meta = dict(self.meta)
        if not isinstance(full[-1], slice) and len(shape) == 3 and isinstance(meta.get("wavelength"), list | tuple):
            if len(meta["wavelength"]) == shape[2]:
                meta["wavelength"] = meta["wavelength"][full[-1]]
        elif (
            len(shape) == 3 and isinstance(meta.get("wavelength"), list | tuple) and len(meta["wavelength"]) == shape[2]
        ):
            meta["wavelength"] = meta["wavelength"][full[-1]]
        parts: dict[str, Any] = {}
        if self.has_bg:
            parts["bg_data"] = self._part(self.bg, full, result)
        if self.has_white:
            parts["white_data"] = self._part(self.white, full, result)
        return type(self)(self.raw[full], meta_data=meta, **parts)

    @staticmethod
    def _part(view: ImageView, key: Any, result: tuple[int, ...]) -> npt.NDArray[Any]:
        part = view[key[-view.ndim :]]
        return part if np.ndim(part) >= 2 else np.broadcast_to(part, result)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HSImage):
            return NotImplemented
        mine, theirs = self.meta, other.meta
        if self.shape != other.shape or any(differ(mine.get(key), theirs.get(key)) for key in DATA_KEYS):
            return False
        return bool(np.allclose(np.asarray(self.corrected), np.asarray(other.corrected), equal_nan=True))

    # the file

    def copy(self, h5file: str | os.PathLike[str] | None = None, h5mode: str = "x") -> Self:
        """Return a copy with all that belongs to it.

        Parameters
        ----------
        h5file : path, optional
            Where it goes; to memory by default.
        h5mode : {"x", "w"}
            Refuse or replace a file that is there.

        Raises
        ------
        FileExists, FileLocked, WriteFailed
        """
        path = path_of(h5file)
        if path is not None and h5mode not in ("x", "w-", "w"):
            raise ValueError(f"h5mode {h5mode!r} makes no copy: 'x' refuses a file that is there, 'w' replaces it")
        if path is not None and self._store.path is not None and path.resolve() == self._store.path.resolve():
            raise FileExists(f"{path} is the file of the image itself; copy it to another one", path=path)
        return type(self)(
            self.raw,
            bg_data=self.bg if self.has_bg else None,
            white_data=self.white if self.has_white else None,
            meta_data=self._layout.meta(),
            h5file=path,
            h5mode=h5mode,
        )

    def check(self) -> list[str]:
        """Verify what is stored: checksums of all parts, their shapes, and the corrected image computed anew.

        Returns
        -------
        list of str
            What was verified.

        Raises
        ------
        IntegrityError
            With all that is wrong in `.problems`.
        """
        return _checking.check_image(self)

    def derived_crc(self) -> int | None:
        """Return the CRC32 of the corrected image as noted when its parts were set; computed if none was noted."""
        if not self.has_bg:
            return None
        noted = self._layout.derived() if isinstance(self._layout, OwnLayout) else None
        return _checking.corrected_crc(self) if noted in (None, -1) else noted

    @property
    def layout(self) -> OwnLayout | FlimageLayout:
        """Where its parts are."""
        return self._layout

    @property
    def store(self) -> Store:
        """The file that they are in."""
        return self._store

    def flush(self) -> None:
        """Do nothing more: what was stored is in the file."""
        self._store.check_open()

    def close(self) -> None:
        """Close the file, unless it belongs to a series; nothing happens when it is closed."""
        if self._owns:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _view(data: Any, *, raw: bool = False) -> Any:
    """Return what is taken of another image."""
    if isinstance(data, HSImage):
        return data.raw if raw else data.corrected
    return data
