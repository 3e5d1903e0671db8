"""Where in a file its one image is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from h5modules.images._layouts import FlimageLayout, OwnLayout
from h5modules.images.errors import NoImage

if TYPE_CHECKING:
    from h5modules.images._store import Store

__all__ = ["GROUP", "SERIES", "layout_in"]

GROUP = "/RawData/Image000"
"""Group of the image in a file of one image."""
SERIES = "/RawData/Series000"
"""Group of the series in a file of a series."""


def layout_in(store: Store, *, expected: bool) -> OwnLayout | FlimageLayout:
    """Return where the image of a file is."""
    for layout in (OwnLayout(store, GROUP), FlimageLayout(store, "/")):
        if layout.raw() is not None:
            return layout
    if not expected:
        return OwnLayout(store, GROUP)
    if store.child(*SERIES.rsplit("/", 1)) is not None or store.child("/", "fli_0") is not None:
        raise NoImage(f"{store.name} has a series in it, not one image: open it with HSSeries", path=store.name)
    there = ", ".join(sorted(store.file.root._v_children)) or "nothing"
    raise NoImage(
        f"{store.name} has no image in it; it has {there}. Give data to store one, or open another file",
        path=store.name,
    )
