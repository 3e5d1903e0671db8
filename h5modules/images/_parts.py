"""The parts of an image: what they may be, and how they go to the file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules._storage.layout import storable
from h5modules.errors import ArrayMismatch
from h5modules.images._layouts import BACKGROUND, RAW, WHITE, new_group
from h5modules.images._views import ImageView
from h5modules.images.errors import CannotStore, ImageDataError, ImageShapeError

if TYPE_CHECKING:
    from h5modules.images._layouts import OwnLayout

__all__ = ["correction", "differ", "image_data", "refuse_reading", "room_for", "write_image"]


def image_data(data: Any) -> Any:
    """Return data that can be an image: an array, or something that gives arrays slice by slice.

    Raises
    ------
    ImageDataError
    """
    if isinstance(data, str | bytes) or hasattr(data, "__fspath__"):
        raise ImageDataError(f"data is an array of numbers, not {type(data).__name__}: did you mean h5file={data!r}?")
    if hasattr(data, "corrected"):
        raise ImageDataError("data is an array of numbers, not an HSImage: copy() copies one with its corrections")
    array = data
    if not (isinstance(data, np.ndarray | ImageView) or type(data).__module__.partition(".")[0] in ("dask", "zarr")):
        try:
            array = np.asarray(data)
        except ValueError as exc:
            raise ImageDataError(f"data cannot be made an array: {exc}") from exc
    if np.ma.is_masked(array):
        raise ImageDataError(
            "data is a masked array, and its mask would be lost: give data.filled(numpy.nan), or another number"
        )
    if len(array.shape) not in (2, 3):
        raise ImageDataError(
            f"data has shape {tuple(array.shape)}, where (lines, pixels) or (lines, pixels, bands) is expected"
        )
    try:
        storable(np.empty((1,) if np.prod(array.shape) else (0,), array.dtype))
    except ArrayMismatch as exc:
        raise ImageDataError(f"data of shape {tuple(array.shape)}: {exc}") from exc
    return array


def correction(data: Any, shape: tuple[int, ...], name: str) -> Any:
    """Return a background or a white for an image of that shape.

    Raises
    ------
    ImageDataError, ImageShapeError
    """
    what = {BACKGROUND: "background", WHITE: "white"}[name]
    part = image_data(data)
    allowed = [tuple(shape), *([tuple(shape[1:])] if len(shape) == 3 else [])]
    if tuple(part.shape) not in allowed:
        raise ImageShapeError(
            f"the {what} has shape {tuple(part.shape)}, where {' or '.join(map(str, allowed))} is expected for an "
            f"image of shape {tuple(shape)}; nothing was changed"
        )
    return part


def write_image(layout: OwnLayout, raw: Any, parts: dict[str, Any], meta: dict[str, Any], *, beside: bool) -> None:
    """Write an image to its group, within a change; `beside` one that it will replace."""
    new_group(layout.store, layout.group, type="image")
    for name, part in {RAW: raw, **parts}.items():
        layout.begin(name, part) if beside else layout.write(name, part)
    if not beside:
        layout.set_meta(meta)


def refuse_reading(mode: str, path: object, **given: object) -> None:
    """Raise if something is to be stored in a file that is opened for reading.

    Raises
    ------
    CannotStore
    """
    named = [name for name, value in given.items() if value is not None and not (name == "meta_data" and not value)]
    if mode == "r" and named:
        raise CannotStore(
            f"h5mode is 'r', and {' and '.join(named)} would have to be stored in {path}: open it with h5mode='a', or "
            f"leave that away",
            path=str(path),
        )


def room_for(part: Any) -> int:
    """Return the bytes that an array may take in a file."""
    return math.prod(int(n) for n in part.shape) * int(np.dtype(part.dtype).itemsize) + 65536


def differ(first: Any, second: Any) -> bool:
    """Whether two values of meta data are not the same."""
    try:
        return not bool(np.all(np.asarray(first) == np.asarray(second)))
    except ValueError:
        return True
