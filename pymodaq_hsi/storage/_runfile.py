"""The file of a run.

::

    /RawData/Scan000                  title: name of the file; scan_done, state, ended_early, frames, frames_missing
        Tag                           what listeners of tagRequest said, JSON
        Detector000                   the first detector that gave a frame; its title is the detector's name
            NavAxes                   axes of the scan
            Data2D/CH00/Data00        its frames; axes of the scan first
            Measured                  1 where a frame has come
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.backends import CARRAY, GROUP, StringARRAY
from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import AxisSaverLoader, DataToExportExtendedSaver, DataToExportSaver
from h5modules.errors import FileExists, H5ModulesError
from h5modules.saving import H5SaverLowLevel, SaveType
from pymodaq_hsi.errors import OutputError, OutputExists, ScanNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from h5modules.data import Axis
    from pymodaq_hsi.storage._series import Index, Series

__all__ = ["RunFile", "read_tag"]

TAG = "Tag"
SCAN = "/RawData/Scan000"
_TOGETHER = 16 << 20
"""Bytes that share a flush when a file is copied."""


class _Detector:
    """The arrays of one detector."""

    def __init__(self, h5: H5SaverLowLevel, scan: GROUP, series: Series, fill: float | None) -> None:
        self._h5 = h5
        self._series = series
        # a group is there already where the making of the arrays in it has failed
        self._group = h5.get_group_by_title(scan, series.name) or h5.add_det_group(scan, title=series.name)
        if fill is not None and math.isfinite(fill):
            self._group.attrs["fill_value"] = float(fill)
        self._pattern: DataRaw | None = None
        self._saver: DataToExportExtendedSaver | DataToExportSaver
        if series.scan:
            self._saver = DataToExportExtendedSaver(
                h5, series.scan, fill_value=_representable(fill, series.dtype), replace=True
            )
        else:
            self._saver = DataToExportSaver(h5)

    def add(self, frames: Sequence[tuple[Index, npt.NDArray[Any]]]) -> None:
        name = self._series.name
        arrays = [np.atleast_1d(frame) for _, frame in frames]
        if self._pattern is None:
            self._pattern = DataRaw(name, origin=name, labels=[name], data=arrays[:1])
        data = [DataToExport(name, data=[self._pattern.with_arrays([array])]) for array in arrays]
        if isinstance(self._saver, DataToExportExtendedSaver):
            if len(data) == 1:
                self._saver.add_data(self._group, data[0], frames[0][0])
            else:
                self._saver.add_points(self._group, data, [place for place, _ in frames])
        else:
            self._saver.add_data(self._group, data[0])

    def end(self, fields: Mapping[str, object], axes: Sequence[Axis]) -> None:
        """Set attributes of the detector, and save its axes."""
        for key, value in fields.items():
            self._group.attrs[key] = value
        _save_axes(self._h5, self._group, axes, self._series.scan)


def _representable(fill: float | None, dtype: np.dtype[Any] | None) -> float | None:
    """Return a fill value if the detector's numbers include it; Measured says in any case what was measured."""
    if fill is None or dtype is None or dtype.kind in "fc":
        return fill
    limits = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return fill if float(fill).is_integer() and limits[0] <= fill <= limits[1] else None


def _save_axes(h5: H5SaverLowLevel, group: GROUP, axes: Sequence[Axis], scan: tuple[int, ...]) -> None:
    """Save axes of a detector, whose indexes count the dimensions of scan and frame."""
    of_scan = [axis for axis in axes if axis.index < len(scan)]
    if of_scan:
        DataToExportExtendedSaver(h5, scan).add_nav_axes(group, of_scan)
    data = _data_node(h5, group)
    channel = None if data is None else data.parent_node
    if isinstance(channel, GROUP):
        AxisSaverLoader(h5).ensure(channel, [axis for axis in axes if axis.index >= len(scan)])


def _data_node(h5: H5SaverLowLevel, group: GROUP) -> CARRAY | None:
    for node in h5.walk_nodes(group):
        if isinstance(node, CARRAY) and node.name == "Data00":
            return node
    return None


class RunFile:
    """The open file of a run.

    Parameters
    ----------
    path : Path
        Not there yet.
    title : str
    tag : str or None
        JSON; None if `set_tag` will be called.
    fill : float, optional
        What is read where nothing was measured.
    compression : {"none", "zlib", "blosc2"}

    Raises
    ------
    OutputExists, OutputError
    """

    def __init__(self, path: Path, title: str, tag: str | None, *, fill: float | None, compression: str) -> None:
        self.path = path
        self._fill = fill
        self._detectors: dict[str, _Detector] = {}
        self.tagged = tag is not None
        self._h5 = H5SaverLowLevel(save_type=SaveType.scan, compression=compression)
        try:
            self._h5.init_file(path, new_file=True)
            self._scan = self._h5.add_scan_group(title=title)
            self.note({"scan_done": False, "state": "acquiring", "description": ""})
            if tag is not None:
                self.set_tag(tag)
            self._h5.flush()
            self._identity = _identity(path)
        except FileExists as error:
            raise OutputExists(f"{path} is there already and is kept; choose another name") from error
        except (OSError, H5ModulesError) as error:
            self.discard()
            raise OutputError(f"no file could be made at {path}: {error}") from error
        except BaseException:
            self._h5.close_file()
            raise

    def set_tag(self, text: str) -> None:
        """Write what the listeners said."""
        self._h5.add_string_array(self._scan, TAG, title="Tag (JSON)", rows=[text])
        self._h5.flush()
        self.tagged = True

    def check_there(self) -> None:
        """Raise unless the file is still where it was made.

        Raises
        ------
        OutputError
        """
        try:
            there = _identity(self.path) == self._identity
            why = "there is another file in its place"
        except OSError as error:
            there, why = False, str(error.strerror or error)
        if not there:
            raise OutputError(f"{self.path} was removed, or its folder was, while it was being written: {why}")

    def add(self, series: Series, frames: Sequence[tuple[Index, npt.NDArray[Any]]]) -> None:
        """Save frames of a detector; when this returns, they survive the end of the process.

        Raises
        ------
        OSError, H5ModulesError
            Some of them may be in the file, or none.
        """
        self.check_there()
        detector = self._detectors.get(series.name)
        if detector is None:
            detector = self._detectors[series.name] = _Detector(self._h5, self._scan, series, self._fill)
        detector.add(frames)

    def note(self, fields: Mapping[str, object]) -> None:
        """Set attributes of the run."""
        for key, value in fields.items():
            self._scan.attrs[key] = value

    def end_detector(self, name: str, fields: Mapping[str, object], axes: Sequence[Axis]) -> None:
        """Set attributes of a detector and save its axes; nothing is done for one that has given no frame."""
        if name in self._detectors:
            self._detectors[name].end(fields, axes)

    def add_axes(self, axes: Mapping[str, Sequence[Axis]], scans: Mapping[str, tuple[int, ...]]) -> None:
        """Save axes of detectors in the file that is closed.

        Raises
        ------
        OSError, H5ModulesError
        """
        self.check_there()
        with H5SaverLowLevel.from_file(self.path) as h5:
            for name, given in axes.items():
                group = h5.get_group_by_title(SCAN, name)
                if group is not None:
                    _save_axes(h5, group, given, scans[name])

    def frames(self, series: Series) -> Iterator[list[tuple[Index, npt.NDArray[Any]]]]:
        """Return the frames of a detector that are in the file, some at a time, while it is open or when it is closed.

        Raises
        ------
        OSError, H5ModulesError
        """
        own = not self._h5.isopen()
        h5 = H5SaverLowLevel.from_file(self.path, mode="r") if own else self._h5
        try:
            group = h5.get_group_by_title(SCAN, series.name)
            if group is not None:
                yield from _frames(h5, group, series)
        finally:
            if own:
                h5.close_file()

    @property
    def usable(self) -> bool:
        """Whether it is open, and still where it was made."""
        try:
            self.check_there()
        except OutputError:
            return False
        return self._h5.isopen()

    def close(self, counts: Mapping[str, int]) -> None:
        """Close the file, and make sure that it is there and has all that was written to it.

        Parameters
        ----------
        counts : mapping of str to int
            Frames of each detector.

        Raises
        ------
        OSError, H5ModulesError
        """
        self.check_there()
        self._h5.close_file()
        self.check_there()
        with H5SaverLowLevel.from_file(self.path, mode="r") as h5:
            for name, count in counts.items():
                group = h5.get_group_by_title(SCAN, name) if count else None
                found = 0 if group is None else _count(h5, group)
                if found != count:
                    raise OutputError(f"{self.path} has {found} frames of {name}, and {count} were written to it")

    def let_go(self) -> None:
        """Close the file as it is, whatever is left of it."""
        with contextlib.suppress(OSError, H5ModulesError):  # what could not be written is elsewhere, or given up
            self._h5.close_file()

    def discard(self) -> None:
        """Close the file and remove it: what it was to have is elsewhere."""
        self.let_go()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def _count(h5: H5SaverLowLevel, group: GROUP) -> int:
    """Return how many frames a detector has that are both noted and there."""
    data = _data_node(h5, group)
    if data is None:
        return 0
    if "Measured" not in group:
        return 1
    measured = group.get_child("Measured")
    assert isinstance(measured, CARRAY)
    noted = np.asarray(measured.read(), bool)
    if data.node.filters.complevel:
        return int(np.count_nonzero(noted))
    frame_bytes = data.node.dtype.itemsize * int(np.prod(data.shape[noted.ndim :]))
    there: int = data.node.size_on_disk // frame_bytes
    return min(int(np.count_nonzero(noted)), there)


def _frames(h5: H5SaverLowLevel, group: GROUP, series: Series) -> Iterator[list[tuple[Index, npt.NDArray[Any]]]]:
    data = _data_node(h5, group)
    if data is None:
        return
    if not series.scan:
        yield [((), np.asarray(data.read()).reshape(series.frame))]
        return
    measured = group.get_child("Measured")
    assert isinstance(measured, CARRAY)
    batch, size = [], 0
    for place in map(tuple, np.argwhere(np.asarray(measured.read(), bool)).tolist()):
        frame = np.asarray(data[place]).reshape(series.frame)
        batch.append((place, frame))
        size += frame.nbytes
        if size >= _TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def read_tag(path: Path | str) -> dict[str, Any]:
    """Return what the listeners of ``tagRequest`` said of the run in a file.

    Raises
    ------
    ScanNotFound
        There is no such file, or it has no tag.
    """
    try:
        with H5SaverLowLevel.from_file(path, mode="r") as h5:
            node = h5.get_node(SCAN, TAG)
            rows = node.read() if isinstance(node, StringARRAY) else []
            found = json.loads("".join(rows))
    except (OSError, H5ModulesError, ValueError) as error:
        raise ScanNotFound(f"{path} has no tag of a DataStorage: {error}") from error
    if not isinstance(found, dict):
        raise ScanNotFound(f"{path} has no tag of a DataStorage: {TAG} is not a JSON object")
    return found
