"""What an image is computed from and to: raw data, background, white, and what is corrected by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from h5modules.data_saving._reading import subtract
from h5modules.images._views import ImageView, read, result_shape
from h5modules.images.errors import ImageDataError, NoImage

if TYPE_CHECKING:
    import numpy.typing as npt

    from h5modules.images._layouts import FlimageLayout, OwnLayout
    from h5modules.images._store import Store

__all__ = ["StoredImage"]


class StoredImage:
    """An image in a group of a file, to be read.

    Parameters
    ----------
    store : Store
        The file.
    layout : OwnLayout or FlimageLayout
        Where the parts are in it.
    """

    def __init__(self, store: Store, layout: OwnLayout | FlimageLayout) -> None:
        self._store = store
        self._layout = layout

    # what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """``(lines, pixels)`` or ``(lines, pixels, bands)``."""
        return tuple(int(n) for n in self._raw().shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the raw data."""
        dtype: np.dtype[Any] = np.dtype(self._raw().dtype)
        return dtype

    @property
    def path(self) -> str | None:
        """The file that it is in; None for memory."""
        return None if self._store.path is None else str(self._store.path)

    @property
    def is_open(self) -> bool:
        """Whether its file is open."""
        return self._store.is_open

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> NoReturn:
        raise self._not_numbers()

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> NoReturn:
        raise self._not_numbers()

    __array_ufunc__ = None  # arithmetic with arrays is refused, and == with them is False

    def _not_numbers(self) -> ImageDataError:
        return ImageDataError(
            f"{type(self).__name__} is not an array: take .raw, .corrected or .reflectance of it for the numbers"
        )

    def __repr__(self) -> str:
        if not self.is_open:
            return f"<closed {type(self).__name__} of {self._store.name}>"
        meta = self._layout.meta()
        name = meta.get("identifier", hex(id(self)))
        text = f"{type(self).__name__} <{name}>, {'x'.join(map(str, self.shape))}px, {self.dtype}"
        wavelength = meta.get("wavelength")
        if isinstance(wavelength, int | float):
            text += f", λ={wavelength * 1e9:.1f}nm" if 1e-8 < wavelength < 2e-6 else f", λ={wavelength:.2e}m"
        return text

    # data

    @property
    def raw(self) -> ImageView:
        """What was measured; it is never altered."""
        leaf = self._raw()
        return ImageView(self.shape, leaf.dtype, lambda key: read(self._raw(), key), "raw")

    raw_fl = raw

    @property
    def has_bg(self) -> bool:
        """Whether there is a background."""
        return bool(self._layout.backgrounds())

    @property
    def has_white(self) -> bool:
        """Whether there is a white."""
        return self._layout.white() is not None

    @property
    def bg(self) -> ImageView:
        """The background; zeros where there is none."""
        found = self._layout.backgrounds()
        if not found:
            shape, dtype = self.shape, self.dtype
            return ImageView(shape, dtype, lambda key: np.zeros(result_shape(key, shape), dtype), "no background")
        shape = tuple(int(n) for n in found[0].shape)
        dtype = np.result_type(*(leaf.dtype for leaf in found))
        return ImageView(shape, dtype, self._background, "background")

    bg_fl = bg

    @property
    def white(self) -> ImageView:
        """The white.

        Raises
        ------
        NoImage
            There is none.
        """
        leaf = self._white()
        return ImageView(tuple(int(n) for n in leaf.shape), leaf.dtype, lambda key: read(self._white(), key), "white")

    @property
    def corrected(self) -> ImageView:
        """Raw minus background, in a type that holds negative results; raw where there is no background."""
        dtype = self._corrected((slice(0, 0),) * len(self.shape)).dtype
        return ImageView(self.shape, dtype, self._corrected, "corrected")

    fluorescence = corrected
    fl = corrected

    @property
    def reflectance(self) -> ImageView:
        """``(raw - bg) / (white - bg)``, as floats; NaN where the white is not above the background.

        Raises
        ------
        NoImage
            There is no white.
        """
        self._white()
        dtype = self._reflectance((slice(0, 0),) * len(self.shape)).dtype
        return ImageView(self.shape, dtype, self._reflectance, "reflectance")

    def _raw(self) -> Any:
        leaf = self._layout.raw()
        if leaf is None:
            raise NoImage(
                f"{self._layout.group} of {self._store.name} has no image in it", path=self.path or "",
                node=self._layout.group,
            )  # fmt: skip
        return leaf

    def _white(self) -> Any:
        leaf = self._layout.white()
        if leaf is None:
            raise NoImage(
                f"{self!r} has no white: give white_data, or call set_white_data() first",
                path=self.path or "",
                node=self._layout.group,
            )
        return leaf

    def _background(self, key: Any) -> npt.NDArray[Any]:
        parts = [read(leaf, key) for leaf in self._layout.backgrounds()]
        total: npt.NDArray[Any] = parts[0] if len(parts) == 1 else np.sum(parts, axis=0)
        return total

    def _corrected(self, key: Any) -> npt.NDArray[Any]:
        leaf = self._raw()
        raw = read(leaf, key)
        backgrounds = self._layout.backgrounds()
        if not backgrounds:
            return raw
        difference = subtract(raw, self._background(key[-len(backgrounds[0].shape) :]), node=leaf._v_pathname)
        return np.asarray(difference)

    def _reflectance(self, key: Any) -> npt.NDArray[Any]:
        signal = self._corrected(key)
        white_leaf = self._white()
        white = read(white_leaf, key[-len(white_leaf.shape) :])
        backgrounds = self._layout.backgrounds()
        dtype = np.result_type(signal.dtype, white.dtype, np.float32)
        span = white.astype(dtype)
        if backgrounds:
            span = span - self._background(key[-len(backgrounds[0].shape) :]).astype(dtype)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = signal.astype(dtype) / span
        result: npt.NDArray[Any] = np.where(np.broadcast_to(span > 0, found.shape), found, dtype.type(np.nan))
        return result
