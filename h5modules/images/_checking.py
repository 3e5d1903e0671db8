"""Whether what is in a file is what was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules._storage.arrays import as_bytes
from h5modules._storage.nodes import Attributes
from h5modules.errors import FileUnreadable
from h5modules.images._checksummed import crc32, slabs
from h5modules.images._layouts import OwnLayout
from h5modules.images.errors import IntegrityError

if TYPE_CHECKING:
    from h5modules.images._views import ImageView
    from h5modules.images.image import HSImage

__all__ = ["check_image", "corrected_crc"]


def _crc_of(source: Any) -> int:
    shape, dtype = tuple(int(n) for n in source.shape), np.dtype(source.dtype)
    crc, step = 0, int((getattr(source, "chunkshape", None) or (1,))[0])
    for lines in slabs(shape, dtype.itemsize, step):
        crc = crc32(as_bytes(np.ascontiguousarray(source[lines])), crc)
    return crc


def corrected_crc(image: HSImage) -> int:
    """Return the CRC32 of the corrected image, computed from its parts."""
    view: ImageView = image.corrected
    return _crc_of(view)


def check_image(image: HSImage) -> list[str]:
    """Verify an image; see `HSImage.check`."""
    layout = image.layout
    verified: list[str] = []
    problems: list[str] = []
    parts = {"raw": layout.raw(), "white": layout.white()}
    parts |= {f"background {k}" if k else "background": leaf for k, leaf in enumerate(layout.backgrounds())}
    shape = image.shape
    for name, leaf in parts.items():
        if leaf is None:
            continue
        if tuple(leaf.shape) not in (shape, shape[1:]):
            problems.append(f"{name}: shape {tuple(leaf.shape)} does not fit an image of shape {shape}")
            continue
        try:
            found = _crc_of(_Reader(leaf))
        except FileUnreadable as exc:
            problems.append(f"{name}: {exc}")
            continue
        noted = Attributes(leaf).get("crc32")
        if noted is None:
            verified.append(f"{name}: readable (no checksum of all of it was noted)")
        elif noted != found:
            problems.append(f"{name}: CRC32 is {found:08x}, and {int(noted):08x} was noted when it was stored")
        else:
            verified.append(f"{name}: CRC32 {found:08x}")
    if isinstance(layout, OwnLayout) and not problems and layout.backgrounds():
        noted = layout.derived()
        if noted is not None and noted >= 0:
            found = corrected_crc(image)
            if found != noted:
                problems.append(f"corrected: computed anew its CRC32 is {found:08x}, and {noted:08x} was noted")
            else:
                verified.append(f"corrected: CRC32 {found:08x}")
    if problems:
        raise IntegrityError(
            f"{layout.group} of {image.store.name} is not what was stored: {'; '.join(problems)}",
            path=image.store.path or "",
            node=layout.group,
            problems=tuple(problems),
        )
    return verified


class _Reader:
    """An array of a file whose reading errors are ours."""

    def __init__(self, leaf: Any) -> None:
        self._leaf = leaf
        self.shape, self.dtype, self.chunkshape = leaf.shape, leaf.dtype, leaf.chunkshape

    def __getitem__(self, lines: slice) -> Any:
        from h5modules.images._views import read

        return read(self._leaf, (lines, *[slice(None)] * (len(self.shape) - 1)))
