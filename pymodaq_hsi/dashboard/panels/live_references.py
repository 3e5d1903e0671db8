"""The references of the camera that is looked at, thinned out as its pictures are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pymodaq_hsi.dashboard.frame_views import ReferencePictures, reference_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymodaq_hsi.dashboard.frame_views import FrameView
    from pymodaq_hsi.dashboard.link import StationLink
    from pymodaq_hsi.dashboard.mirror import StationMirror

__all__ = ["LiveReferences", "changed_settings", "doubted_references"]

_NAMES = {"DarkReference": "dark", "WhiteReference": "white"}


class LiveReferences:
    """Fetches the references that are in use, once for each and for each size of pictures.

    Parameters
    ----------
    link : StationLink
    changed : callable
        Called when there are others in `pictures`.
    failed : callable
        Takes the error of one that did not come.

    Attributes
    ----------
    pictures : ReferencePictures
    """

    def __init__(self, link: StationLink, changed: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        self.pictures = ReferencePictures(None, None)
        self._link = link
        self._changed = changed
        self._failed = failed
        self._asked: tuple[Any, ...] = ()

    def forget(self) -> None:
        """Have none, until they are asked for again: another camera is looked at."""
        self.pictures = ReferencePictures(None, None)
        self._asked = ()

    def ask(self, camera: str, view: FrameView) -> None:
        """Fetch what there is for pictures like this one, if it was not fetched yet."""
        kept = self._link.mirror.references.get(camera, {})
        names = [name for name in _NAMES if name in kept]
        stamps = [(name, kept[name]["timestamp"], str(kept[name]["panel"])) for name in names]
        key = (camera, view.steps, view.frame.shape, *stamps)
        if key == self._asked:
            return
        self._asked = key

        def work(api: Any) -> ReferencePictures:
            found: dict[str, Any] = {}
            panel: Any = 1.0
            for name in names:
                message = api.ask("reference_data", device=camera, reference=name, step=list(view.steps))
                found[_NAMES[name]] = reference_array(message)
                if message["panel"] is not None and name == "WhiteReference":
                    panel = np.asarray(message["panel"])
            return ReferencePictures(found.get("dark"), found.get("white"), panel)

        def take(found: ReferencePictures) -> None:
            if key == self._asked:
                self.pictures = found
                self._changed()

        self._link.run(work, take, self._failed, lane="references")


def changed_settings(mirror: StationMirror, camera: str, names: tuple[str, ...]) -> list[str]:
    """Return the settings of a camera that are others now than when references ("dark", "white") were taken."""
    found: dict[str, None] = {}
    for name, reference in mirror.references.get(camera, {}).items():
        if _NAMES.get(name) in names:
            for parameter, then in reference["settings"].items():
                now = mirror.value(camera, parameter)
                if now is not None and now != then:
                    found[parameter] = None
    return list(found)


def doubted_references(mirror: StationMirror, camera: str, names: tuple[str, ...]) -> list[str]:
    """Return which references ("dark", "white") of a camera the station has warnings about."""
    kept = mirror.references.get(camera, {})
    return [short for name, short in _NAMES.items() if short in names and kept.get(name, {}).get("warnings")]
