"""One run: its name and metadata from the beginning on, its frames in the file or, where that fails, in memory.

::

    open ──> ended ──> finished        the file is closed, complete or flagged incomplete
      │        │
      └────────┴──> failed ──> moving ──> open or ended, in another file
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from h5modules.errors import H5ModulesError
from pymodaq_hsi.errors import StorageError
from pymodaq_hsi.storage._detectors import checked_axes
from pymodaq_hsi.storage._runfile import RunFile
from pymodaq_hsi.storage._series import FrameRefused, Series

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from h5modules.data import Axis
    from pymodaq_hsi.storage._budget import Budget
    from pymodaq_hsi.storage._place import Place
    from pymodaq_hsi.storage._series import Index

    Frame = tuple[Index, npt.NDArray[Any]]

__all__ = ["Health", "Run"]

_TOLD = 20
"""Refused frames of a run that are told one by one."""


class Health(Enum):
    """Whether what comes goes to the file."""

    good = "good"
    moving = "moving"
    failed = "failed"
    finished = "finished"


class Run:
    """One run.

    Parameters
    ----------
    place : Place
        Where its file goes.
    shape : tuple of int
        Of the data of detectors that have none of their own.
    fill : float, optional
    compression : str
    budget : Budget
    """

    def __init__(
        self, place: Place, shape: tuple[int, ...], fill: float | None, compression: str, budget: Budget
    ) -> None:
        self.place = place
        self.shape = shape
        self.fill = fill
        self.path: Path = place.path(None)
        self.tag: str | None = None
        self.tagged = threading.Event()
        self.health = Health.good
        self.failure = ""
        self.ended = False
        self.superseded = False
        self.reason = ""
        self.refused = 0
        self.axes: dict[str, list[Axis]] = {}
        """Of each detector; those of '' for any that has none of its own."""
        self.busy: set[object] = set()
        """Detectors that are measuring for it."""
        self.last_came = time.monotonic()
        self.changed = threading.Condition()
        """Notified when a frame has come, or the run is to wait no more; guards `kept` and `health` too."""
        self._series: dict[object, Series] = {}
        self._kept: dict[tuple[str, Index], npt.NDArray[Any]] = {}
        self._file: RunFile | None = None
        self._writing = threading.Lock()
        self._compression = compression
        self._budget = budget

    # its beginning

    def begin(self) -> None:
        """Take a path and make the file.

        Raises
        ------
        OutputExists, OutputError
        """
        self.path, _ = self.place.claim()
        self._file = self._make(self.path, None)

    def set_tag(self, text: str) -> None:
        """Take what listeners said, and write it if it is not in the file yet."""
        with self._writing:
            self.tag = text
            try:
                if self._file is not None and self.health is Health.good:
                    self._file.set_tag(text)
            except (OSError, H5ModulesError) as error:
                self.fail(error)
        self.tagged.set()

    def _make(self, path: Path, tag: str | None) -> RunFile:
        return RunFile(path, path.stem, tag, fill=self.fill, compression=self._compression)

    def add_detector(self, key: object, name: str, shape: tuple[int, ...] | None) -> Series:
        """Let a detector take part; its name is made one that no other has."""
        series = self._series.get(key)
        if series is None:
            names = {other.name for other in self._series.values()}
            unique, count = name, 1
            while unique in names:
                count += 1
                unique = f"{name} {count}"
            adapts = shape is None and any(other.count or other.expected for other in self._series.values())
            series = self._series[key] = Series(unique, shape or self.shape, adapts=adapts)
        return series

    def set_axes(self, axes: Any) -> None:
        """Take the axes of all detectors: None, a sequence, or a mapping of detectors, or their names, to sequences.

        Raises
        ------
        StorageError
            They do not fit the data of their detector, or there is no such detector; nothing was changed.
        """
        series = dict(self._series)
        if axes is None:
            return
        if not isinstance(axes, Mapping):
            first = next(iter(series.values()), None)
            self.axes = {"": checked_axes(axes, self.shape if first is None else first.full)}
            return
        named = {part.name: part for part in series.values()}
        found = {}
        for key, given in axes.items():
            part = named.get(key) if isinstance(key, str) else series.get(key)
            if part is None:
                raise StorageError(
                    f"axes were given for {key!r:.80}, which has no data in {self.path}: {list(named)} have"
                )
            found[part.name] = checked_axes(given, part.full)
        self.axes = found

    def add_axes(self, key: object, axes: Any) -> None:
        """Take the axes of one detector.

        Raises
        ------
        StorageError
        """
        series = self._series[key]
        self.axes[series.name] = checked_axes(axes, series.full)

    def has_frames_of(self, key: object) -> bool:
        """Whether a frame of that detector has come."""
        return key in self._series and self._series[key].count > 0

    # its frames

    def update(self, key: object, name: str, frames: object) -> list[str]:
        """Take frames of a detector; when this returns, they are in the file, unless the run has failed.

        Returns
        -------
        list of str
            Why some were not taken.
        """
        refused: list[str] = []
        with self._writing:
            series = self.add_detector(key, name, None)
            accepted = self._accept(series, frames, refused)
            if accepted and self.health is Health.good:
                assert self._file is not None
                try:
                    self._file.add(series, accepted)
                except Exception as error:  # whatever it is: the frames are kept, and the reason is told
                    self.fail(error)
            if accepted and self.health is not Health.good:
                self._keep(series, accepted, refused)
        with self.changed:
            self.refused += len(refused)
            self.last_came = time.monotonic()
            self.changed.notify_all()
        return [f"{self.path}: {reason}" for reason in refused if self.refused <= _TOLD]

    def _accept(self, series: Series, frames: object, refused: list[str]) -> list[Frame]:
        accepted: list[Frame] = []
        if not isinstance(frames, Mapping):
            refused.append(f"{series.name}: {frames!r:.80} was given; give a dict of frames by index")
            return accepted
        for index, frame in frames.items():
            try:
                if self.health is Health.finished:
                    raise FrameRefused(f"the frame with index {index!r:.80} came after the end of the run")
                place, array = series.check(index, frame)
            except FrameRefused as error:
                refused.append(f"{series.name}: {error}; nothing of it was taken, what came before is unharmed")
                continue
            series.begin(place, array)
            series.came(place)
            accepted.append((place, array))
        return accepted

    def _keep(self, series: Series, frames: Sequence[Frame], refused: list[str]) -> None:
        for place, array in frames:
            if not self._budget.take(array.nbytes):
                series.lost(place)
                refused.append(
                    f"{series.name}: the frame with index {place} is lost: it could not be written ({self.failure}), "
                    f"and the {self._budget.limit} bytes for frames in memory are used up. save() elsewhere frees them"
                )
                continue
            with self.changed:
                self._kept[series.name, place] = array.copy()

    def fail(self, error: BaseException) -> None:
        """Keep in memory what comes from now on."""
        with self.changed:
            self.health = Health.failed
            said = str(error) or type(error).__name__
            self.failure = said if str(self.path) in said else f"{self.path}: {said}"

    # what has become of it

    @property
    def complete(self) -> bool:
        """Whether every index of every detector has come."""
        parts = self._parts
        return bool(parts) and all(part.complete for part in parts)

    @property
    def _parts(self) -> list[Series]:
        """Detectors that have given frames, or are to."""
        return [series for series in list(self._series.values()) if series.count or series.expected]

    @property
    def progress(self) -> tuple[int, int | None]:
        """Frames that have come, and frames wanted, None as long as that is not known."""
        parts = self._parts
        wanted = [part.wanted for part in parts]
        known = [count for count in wanted if count is not None]
        return sum(part.count for part in parts), sum(known) if parts and len(known) == len(wanted) else None

    def wait_for_late(self, seconds: float) -> None:
        """Wait for frames that are missing, until none has come for some time, or there is a next run."""
        with self.changed:
            while not (self.complete or self.superseded or self.health is not Health.good):
                left = self.last_came + seconds - time.monotonic()
                if left <= 0:
                    return
                self.changed.wait(left)

    def hurry(self) -> None:
        """Let nobody wait for frames that are missing."""
        with self.changed:
            self.superseded = True
            self.changed.notify_all()

    # its end

    def finish(self) -> None:
        """Write what is known at the end, and close the file; if that fails, the run has failed.

        Its frames are in the file or in memory then, for `move`.
        """
        with self._writing:
            if self.health is not Health.good or self._file is None:
                return
            try:
                self._finish(self._file)
            except Exception as error:  # whatever it is: the file is not complete, and the reason is told
                self.fail(error)
            else:
                self.health = Health.finished

    def _finish(self, file: RunFile) -> None:
        done, wanted = self.progress
        complete = self.complete and not self._kept
        for series in self._parts:
            missing = 0 if series.wanted is None else series.wanted - series.count
            file.end_detector(series.name, {"frames": series.count, "frames_missing": missing}, self._axes_of(series))
        silent = [series.name for series in self._parts if series.wanted is None]
        reasons = [self.reason] if self.reason and not complete else []
        reasons += [f"no frame came of {name}" for name in silent]
        if wanted is not None and done < wanted:
            reasons.append(f"{wanted - done} of {wanted} frames did not come")
        file.note(
            {
                "scan_done": complete,
                "state": "finished" if complete else "incomplete",
                "ended_early": "" if complete else "; ".join(reasons or ["no frame came"]),
                "frames": done,
                "frames_missing": 0 if wanted is None else wanted - done,
                "frames_refused": self.refused,
            }
        )
        if self.tag is not None and not file.tagged:
            file.set_tag(self.tag)
        file.close({series.name: series.count for series in self._parts})

    def _axes_of(self, series: Series) -> list[Axis]:
        axes = self.axes.get(series.name, self.axes.get("", []))
        return [axis for axis in axes if dict(enumerate(series.full)).get(axis.index) == axis.size]

    def add_late_axes(self) -> None:
        """Write axes that were given when the file was closed already.

        Raises
        ------
        OSError, H5ModulesError
        """
        if self._file is not None:
            parts = [series for series in self._parts if series.count]
            axes = {series.name: self._axes_of(series) for series in parts}
            self._file.add_axes(axes, {series.name: series.scan for series in parts})

    def move(self, place: Place) -> None:
        """Bring a failed run to a file: the one that it has, if nothing else was chosen and that is possible.

        Frames that come meanwhile stay in memory until the end of it, and go there then. If it fails, the run has
        failed as before, and nothing is lost.
        """
        with self.changed:
            self.health = Health.moving
        try:
            if place != self.place or not self._try_again():
                self._copy(place)
        except Exception as error:  # whatever it is: the run stays as it was, and the reason is told
            self.fail(error)

    def _try_again(self) -> bool:
        """Write what is kept to the file that there is; return whether that was possible."""
        file = self._file
        if file is None or not file.usable:
            return False
        self._write_kept(file)
        return True

    def _copy(self, place: Place) -> None:
        path, _ = place.claim()
        file = self._make(path, self.tag)
        try:
            if self._file is not None:
                for series in list(self._series.values()):
                    for batch in self._file.frames(series):
                        file.add(series, [frame for frame in batch if (series.name, frame[0]) not in self._kept])
            before, self._file = self._file, file
        except BaseException:
            file.discard()
            raise
        self.path, self.place = path, place
        if before is not None:
            before.let_go()
        self._write_kept(file)

    def _write_kept(self, file: RunFile) -> None:
        """Write the frames in memory, those too that come meanwhile, and let the run be good again."""
        while True:
            with self._writing:
                kept = list(self._kept.items())
                if not kept:
                    with self.changed:
                        self.health, self.failure = Health.good, ""
                    return
            for (name, place), array in kept:
                file.add(self._named(name), [(place, array)])
                del self._kept[name, place]
                self._budget.give(array.nbytes)

    def _named(self, name: str) -> Series:
        return next(series for series in list(self._series.values()) if series.name == name)

    def discard(self) -> None:
        """Give up what is in memory, and close the file as it is."""
        with self._writing:
            for array in self._kept.values():
                self._budget.give(array.nbytes)
            self._kept.clear()
            self.health = Health.finished
            if self._file is not None:
                self._file.let_go()
