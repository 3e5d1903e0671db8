"""The names of flimage over `h5modules.images`; files that flimage wrote are read.

>>> import numpy as np
>>> from pymodaq_hsi.compat import flimage
>>> fli = flimage.FLImage(np.array([[3.0, 4.0]]), meta_data={"time": 0.5})
>>> fli.set_bg_data(np.array([[1.0, 1.0]]))
>>> fli.fl
array([[2., 3.]])

`raw`, `bg` and `fl` (also `raw_fl`, `bg_fl`, `fluorescence`) are arrays here, as they are there. What differs, because
there it loses data or time: data keep their own type, unless `h5dtype` is given; slices keep the background; data given
to a file that has an image replace its background too; the wrong shape of a background is an error at once; errors
derive from Exception, and indexes that a series does not have raise IndexError.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.images import (
    META_KEYS,
    HSImage,
    HSSeries,
    MetaDataMissingError,
    total_variation,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    import numpy.typing as npt

__all__ = ["META_KEYS_FL", "FLImage", "FLSeries", "MetaDataMissingError"]

META_KEYS_FL = sorted(META_KEYS)
"""Keys of the meta data."""


class FLImage(HSImage):
    """A fluorescence image with its background.

    Parameters
    ----------
    data : array_like, optional
    bg_data : array_like or HSImage, optional
        A mapping at this place is taken as `meta_data`, which was there in some versions.
    meta_data : mapping, optional
    h5file : path, optional
    h5mode : {"a", "r", "r+", "w", "x", "w-"}
    h5dtype : dtype, optional
        Type that data and background are stored in; their own by default.
    white_data : array_like or HSImage, optional
    """

    def __init__(
        self,
        data: npt.ArrayLike | None = None,
        bg_data: npt.ArrayLike | HSImage | Mapping[str, object] | None = None,
        meta_data: Mapping[str, object] | None = None,
        h5file: str | os.PathLike[str] | None = None,
        h5mode: str = "a",
        h5dtype: npt.DTypeLike | None = None,
        *,
        white_data: npt.ArrayLike | HSImage | None = None,
    ) -> None:
        background: Any = bg_data
        if isinstance(background, Mapping):
            if meta_data:
                raise TypeError("meta_data was given twice: as the second argument, and by name")
            background, meta_data = None, background
        stored: Any = data
        if h5dtype is not None:
            stored, background = (
                part if part is None or isinstance(part, HSImage | str) else np.asarray(part).astype(h5dtype)
                for part in (stored, background)
            )
        super().__init__(stored, background, white_data, meta_data, h5file, h5mode)

    @property
    def raw(self) -> Any:
        """What was measured."""
        return np.asarray(super().raw)

    @property
    def bg(self) -> Any:
        """The background; zeros where there is none."""
        return np.asarray(super().bg)

    @property
    def corrected(self) -> Any:
        """Raw minus background."""
        return np.asarray(super().corrected)

    @property
    def fl(self) -> Any:
        """Raw minus background."""
        return self.corrected

    @property
    def fluorescence(self) -> Any:
        """Raw minus background."""
        return self.corrected

    @property
    def raw_fl(self) -> Any:
        """What was measured."""
        return self.raw

    @property
    def bg_fl(self) -> Any:
        """The background; zeros where there is none."""
        return self.bg


class FLSeries(HSSeries):
    """A series of fluorescence images.

    Parameters
    ----------
    flimage_list : list of FLImage, optional
    meta_data : mapping, optional
    h5file : path, optional
    h5mode : {"a", "r", "r+", "w", "x", "w-"}
    identifier : str, optional
    """

    _image_type = FLImage

    def __init__(
        self,
        flimage_list: Iterable[HSImage] | None = None,
        meta_data: Mapping[str, object] | None = None,
        h5file: str | os.PathLike[str] | None = None,
        h5mode: str = "a",
        identifier: str | None = None,
    ) -> None:
        super().__init__(flimage_list, meta_data, h5file, h5mode, identifier)

    def denoise(self, h5file: str | os.PathLike[str], count: Any = None, max_count: Any = None) -> None:
        """Write a series of these images with their background subtracted and their noise taken out.

        Its images are to be given to `bleach_correction` as `flscorr`.

        Parameters
        ----------
        h5file : path
            A new file; one that is there is refused.
        count, max_count : objects with ``value``, optional
            Progress, as ``multiprocessing.Value``: what was done, what there is to do.

        Raises
        ------
        FileExists, ImageDataError
        """
        if max_count is not None:
            max_count.value += len(self)
        with type(self)(h5file=h5file, h5mode="x") as smooth:
            for image in self:
                smooth.add_image(self._image_type(total_variation(image.corrected), meta_data=image.meta))
                if count is not None:
                    count.value += 1
