"""A scan in a file: everything that is needed to read it, to repeat it and to go on with it.

::

    /RawData/Scan000                  title: name of the plan; scan_done, state, ended_early; changes: what was not as
                                      before when the scan was gone on with, and from which point on, JSON
        Plan                          the plan, JSON
        Settings                      every device as it was when the scan began, and the versions, JSON
        NavAxes                       what was varied
        WhiteReference, ...           references of the cameras, where reflectance is measured
        Detector000                   all that was measured, each point at once
            Data2D/CH00/Data00        a camera's frames; axes of the scan first
            Data0D/CH00/Data00        readings, measured positions (origin 'positions'), time of each point
            Measured                  1 where a point was measured
"""

from __future__ import annotations

import json
import platform
import time
from typing import TYPE_CHECKING, Any

import numpy as np

import pymodaq_hsi
from h5modules.backends import CARRAY, GROUP, StringARRAY
from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import (
    DataLoader,
    DataToExportEnlargeableSaver,
    DataToExportExtendedSaver,
    DataToExportTimedSaver,
)
from h5modules.errors import H5ModulesError
from h5modules.saving import H5SaverLowLevel, SaveType
from pymodaq_hsi.errors import OutputError, ScanNotFound
from pymodaq_hsi.processing.reference_nodes import write_references
from pymodaq_hsi.scans.rig import mean_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from h5modules.data import Axis
    from pymodaq_hsi.processing import RecordingContext

__all__ = ["ScanFile", "read_plan", "scans_in"]

PLAN, SETTINGS, MEASURED = "Plan", "Settings", "Measured"
CHANGES = "changes"
_LAST = "last_scan_number"
_MOST_CHANGES = 20


class ScanFile:
    """An open file with the scan that is being measured; a context manager.

    Parameters
    ----------
    h5 : H5SaverLowLevel
        Open for writing; closed by `close`.
    scan : GROUP
        Of the scan.
    shape : tuple of int, optional
        Points on each axis, for a scan whose points are known; without it points are appended.
    axes : sequence of (str, str), optional
        Label and units of what varies, for points that are appended; without it they have their time.
    """

    def __init__(
        self,
        h5: H5SaverLowLevel,
        scan: GROUP,
        *,
        shape: tuple[int, ...] | None = None,
        axes: Sequence[tuple[str, str]] | None = None,
    ) -> None:
        self._h5 = h5
        self._scan = scan
        self.path: Path = h5.path
        self.node = scan.path
        self._shape = shape
        self.done = 0
        self._detector = h5.get_set_group(scan, "Detector000", title="Detectors")
        if "type" not in self._detector.attrs:
            self._detector.attrs["type"] = "detector"
        self._saver: DataToExportExtendedSaver | DataToExportEnlargeableSaver
        if shape is not None:
            self._saver = DataToExportExtendedSaver(h5, shape)
        elif axes is not None:
            names, units = [label for label, _ in axes], [unit for _, unit in axes]
            self._saver = DataToExportEnlargeableSaver(h5, names, units)
        else:
            self._saver = DataToExportTimedSaver(h5)

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        append: bool,
        overwrite: bool = False,
        title: str,
        plan: str,
        settings: Mapping[str, Any],
        description: str = "",
        metadata: Mapping[str, object] | None = None,
        shape: tuple[int, ...] | None = None,
        nav_axes: Sequence[Axis] | None = None,
        axes: Sequence[tuple[str, str]] | None = None,
        compression: str = "none",
        save_type: SaveType = SaveType.scan,
    ) -> ScanFile:
        """Make the file, or the next scan in a file that is there.

        Parameters
        ----------
        append : bool
            Add a scan to a file that is there, instead of refusing it.
        overwrite : bool
            Replace a file that is there.
        plan : str
            JSON.
        settings : mapping
            JSON data.
        shape, nav_axes
            Of a scan whose points are known.
        axes
            Of one whose points are appended.

        Raises
        ------
        OutputError
        """
        h5 = H5SaverLowLevel(save_type=save_type, compression=compression)
        try:
            h5.init_file(path, new_file=not append or not path.exists(), overwrite=overwrite)
            scan = _next_scan(h5, title)
            scan.attrs["description"] = description
            scan.attrs["scan_done"] = False
            for key, value in (metadata or {}).items():
                scan.attrs[key] = value
            h5.add_string_array(scan, PLAN, title="Plan (JSON)", rows=[plan])
            versions = {"pymodaq_hsi": pymodaq_hsi.__version__, "python": platform.python_version()}
            text = json.dumps({"versions": versions} | dict(settings), indent=1)
            h5.add_string_array(scan, SETTINGS, title="Settings (JSON)", rows=[text])
            file = cls(h5, scan, shape=shape, axes=axes)
            if shape is not None and nav_axes:
                DataToExportExtendedSaver(h5, shape).add_nav_axes(scan, nav_axes)
        except (OSError, H5ModulesError) as error:
            h5.close_file()
            raise OutputError(f"the scan could not be begun in {path}: {error}") from error
        except BaseException:
            h5.close_file()
            raise
        return file

    @classmethod
    def resume(
        cls,
        path: Path,
        node: str,
        *,
        shape: tuple[int, ...] | None = None,
        axes: Sequence[tuple[str, str]] | None = None,
    ) -> ScanFile:
        """Open a file to go on with a scan in it.

        Raises
        ------
        OutputError, ScanNotFound
        """
        h5 = H5SaverLowLevel(save_type=SaveType.scan)
        try:
            h5.init_file(path)
            scan = h5.get_node(node)
            if not isinstance(scan, GROUP):
                raise ScanNotFound(f"{node} of {path} is not a scan")
            file = cls(h5, scan, shape=shape, axes=axes)
            file.done = int(np.count_nonzero(file.measured())) if shape is not None else file._rows()
        except (OSError, H5ModulesError) as error:
            h5.close_file()
            raise OutputError(f"{node} of {path} cannot be gone on with: {error}") from error
        except BaseException:
            h5.close_file()
            raise
        return file

    def note_changes(self, changes: Sequence[str]) -> None:
        """Note from which point on the scan is gone on with, and what is not as it was before."""
        before = json.loads(str(self._scan.attrs.get(CHANGES, "[]")))
        now = {"time": time.time(), "point": self.done, "changes": list(changes)[:_MOST_CHANGES]}
        self._scan.attrs[CHANGES] = json.dumps([*before, now][-_MOST_CHANGES:])

    def __enter__(self) -> ScanFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self) -> int:
        for node in self._h5.walk_nodes(self._detector):
            if isinstance(node, CARRAY) and node.name.startswith("EnlData"):
                return int(node.shape[0])
        return 0

    @property
    def h5saver(self) -> H5SaverLowLevel:
        """The file, for what else is to be in it."""
        return self._h5

    @property
    def group(self) -> GROUP:
        """The scan's group."""
        return self._scan

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size

    def add_references(self, contexts: Sequence[RecordingContext]) -> None:
        """Write the references that cameras are calibrated with; of several cameras, each in a group of its own."""
        for number, context in enumerate(contexts):
            where = self._scan
            if len(contexts) > 1:
                where = self._h5.get_set_group(where, f"Camera{number:03d}", title=context.device.display_name)
            write_references(self._h5, where, context)

    def appended(self, axes: Sequence[str], signal: tuple[str, str]) -> list[tuple[dict[str, float], float]]:
        """Return values on the axes and mean signal of each point that was appended before.

        Parameters
        ----------
        axes : sequence of str
            Labels.
        signal : (str, str)
            Origin of the data, and their name, or '' for the first of that origin.
        """
        if not self.done:
            return []
        loaded = DataLoader(self._h5).load_all(self._detector, lazy=False)
        found = [dwa for dwa in loaded if dwa.origin == signal[0] and signal[1] in ("", dwa.name)]
        columns = {axis.label: axis.get_data() for axis in found[0].axes if axis.label in axes}
        rows = found[0][0].reshape(self.done, -1)
        means = [mean_of(row) for row in rows]
        return [({label: float(columns[label][k]) for label in axes}, means[k]) for k in range(self.done)]

    def measured(self) -> npt.NDArray[np.bool_]:
        """Return which points are in the file, in the shape of the scan."""
        if MEASURED in self._detector:
            node = self._detector.get_child(MEASURED)
            if isinstance(node, CARRAY):
                return np.asarray(node.read(), bool)
        return np.zeros(self._shape or (), bool)

    def add_point(
        self,
        data: Iterable[DataRaw],
        measured: Mapping[str, tuple[float, str]],
        *,
        indexes: tuple[int, ...] | None = None,
        values: Sequence[float] | None = None,
        distribution: str = "uniform",
        timestamp: float | None = None,
    ) -> None:
        """Save a point; when this returns, it survives the end of the process.

        Parameters
        ----------
        data : iterable of DataRaw
            What the detectors gave.
        measured : mapping of str to (float, str)
            Where each target was, and in which unit.
        indexes : tuple of int
            The point's place, in a scan of known shape.
        values : sequence of float
            Values on the axes, where points are appended.
        distribution : {"uniform", "spread"}
            Whether points of known places lie on a grid.
        timestamp : float, optional
            POSIX seconds; now by default.

        Raises
        ------
        OutputError
            It is not in the file; those before it are.
        """
        now = time.time() if timestamp is None else timestamp
        parts = list(data)
        for target, (value, unit) in measured.items():
            parts.append(DataRaw(target, origin="positions", units=unit, data=[np.array([value])], labels=[target]))
        parts.append(DataRaw("Timestamp", origin="scan", units="s", data=[np.array([now])], labels=["Timestamp"]))
        point = DataToExport("point", data=parts, timestamp=now)
        try:
            if isinstance(self._saver, DataToExportExtendedSaver):
                self._saver.add_data(self._detector, point, indexes=indexes or (), distribution=distribution)
            elif isinstance(self._saver, DataToExportTimedSaver):
                self._saver.add_data(self._detector, point)
            else:
                self._saver.add_data(self._detector, point, axis_values=list(values or ()))
        except (OSError, H5ModulesError) as error:
            raise OutputError(
                f"point {self.done} could not be written to {self.path}: {error}; the points before it are there"
            ) from error
        self.done += 1

    def end(self, state: str, reason: str = "") -> None:
        """Note what the end was like, and close the file."""
        if self._h5.isopen():
            try:
                self._scan.attrs["scan_done"] = state == "finished"
                self._scan.attrs["state"] = state
                self._scan.attrs["ended_early"] = reason
            finally:
                self.close()

    def close(self) -> None:
        """Close the file."""
        self._h5.close_file()


def _next_scan(h5: H5SaverLowLevel, title: str) -> GROUP:
    """Make the next scan's group; numbers of scans that were removed are not given again."""
    raw = h5.raw_group
    there = [int(name[4:]) for name in raw.children_name() if name.startswith("Scan") and name[4:].isdigit()]
    number = max([*there, int(raw.attrs.get(_LAST, -1))]) + 1
    raw.attrs[_LAST] = number
    scan = h5.get_set_group(raw, f"Scan{number:03d}", title=title)
    scan.attrs["type"] = "scan"
    return scan


def scans_in(h5: H5SaverLowLevel) -> list[GROUP]:
    """Return the groups in an open file that have a plan, in the order of their numbers."""
    found = []
    for name in sorted(h5.raw_group.children_name()):
        node = h5.raw_group.get_child(name)
        if isinstance(node, GROUP) and PLAN in node:
            found.append(node)
    return found


def plans_in(path: Path) -> list[str]:
    """Return the nodes of all scans of a file that have a plan.

    Raises
    ------
    OutputError
        The file cannot be read.
    """
    try:
        with H5SaverLowLevel.from_file(path, mode="r") as h5:
            return [scan.path for scan in scans_in(h5)]
    except (OSError, H5ModulesError) as error:
        raise OutputError(f"{path} cannot be read: {error}") from error


def read_plan(path: Path, node: str = "") -> tuple[str, str]:
    """Return the plan in a file, as JSON, and the node of its scan: of the last scan, unless one is named.

    Raises
    ------
    ScanNotFound
        The file has no such scan, or none with a plan in it.
    OutputError
        The file cannot be read.
    """
    try:
        with H5SaverLowLevel.from_file(path, mode="r") as h5:
            scans = scans_in(h5)
            chosen = [scan for scan in scans if not node or node.strip("/") in (scan.path.strip("/"), scan.name)]
            if not chosen:
                known = ", ".join(scan.path for scan in scans) or "none with a plan"
                raise ScanNotFound(f"{path} has no scan {node or '(any)'} to repeat or resume; it has {known}")
            text = chosen[-1].get_child(PLAN)
            assert isinstance(text, StringARRAY)
            return "".join(text.read()), chosen[-1].path
    except (OSError, H5ModulesError) as error:
        raise OutputError(f"{path} cannot be read: {error}") from error
