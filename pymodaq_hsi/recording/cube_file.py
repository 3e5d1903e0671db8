"""What a cube's file holds, and where.

::

    /RawData/Scan000                              the recording: plan, completeness, reason of its end
        Plan                                      what it was planned as, JSON; only if it had a plan
        Settings                                  JSON of every connected device, of the calibration, of the steps
                                                  of standardisation and of the model
        Detector000                               the camera
            NavAxes/Axis00                        time of each line, POSIX s
            DataND/CH00/EnlData00                 the cube, (lines, pixels, bands); Axis00 pixels, Axis01 wavelengths
            DataND/CH01..03/EnlData00             frame number, frames dropped before it, saturated samples
            DataND/CH04../EnlData00               what the model says of each pixel, by its sinks; if there is one
        WhiteReference, DarkReference             mean and, as error bar, standard deviation of single frames; as they
                                                  are before any step
        Validity                                  what is known of each (pixel, band) of the cube, if there is anything

The cube has the attribute ``standardisation`` if something was done to its lines: the steps as JSON. What a model says
has ``model`` (JSON), and ``classes`` (JSON) where it names them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import pymodaq_hsi
from h5modules.data import DataRaw, DataToExport
from h5modules.data_saving import DataToExportEnlargeableSaver
from h5modules.errors import H5ModulesError
from h5modules.saving import H5SaverLowLevel, SaveType
from pymodaq_hsi.devices.bench import bench
from pymodaq_hsi.errors import OutputError, OutputExists
from pymodaq_hsi.processing.reference_nodes import line_axes, write_references

if TYPE_CHECKING:
    from collections.abc import Mapping

    from h5modules.data import Axis
    from pymodaq_hsi.devices import Buffer
    from pymodaq_hsi.processing import RecordingContext

__all__ = ["CUBE_NODE", "CubeFile", "check_writable"]

SCAN = "/RawData/Scan000"
CUBE_NODE = f"{SCAN}/Detector000/DataND/CH00/EnlData00"
"""Where the cube is."""

_LONGEST_ATTRIBUTE = 32 * 2**10  # HDF5 takes 64 KiB
FRAME_NUMBER, DROPPED, SATURATED = "Frame number", "Dropped before", "Saturated samples"
PENDING_BYTES, MOST_PENDING = 8 * 2**20, 32


class CubeFile:
    """A file that lines are appended to; a context manager.

    Lines are put into `place`, added, and committed, one by one or some at a time: a commit of many costs little more
    than a commit of one. Every line that `commit` returned from survives the end of the process at any later moment.

    Parameters
    ----------
    path : str or Path
    context : RecordingContext
        Says what the lines look like, and holds the references.
    wanted : int
        Lines that the recording is planned to have.
    title : str
    overwrite : bool
    plan : str
        What the recording was planned as, JSON, to be repeated from the file.
    positions : mapping of str to str, optional
        Unit of each target whose position is kept with each line.
    compression : {"none", "zlib", "blosc2"}

    Raises
    ------
    OutputExists, OutputError
    """

    def __init__(
        self,
        path: str | Path,
        context: RecordingContext,
        *,
        wanted: int,
        title: str = "",
        overwrite: bool = False,
        plan: str = "",
        positions: Mapping[str, str] | None = None,
        compression: str = "none",
    ) -> None:
        self.path = Path(path)
        check_writable(self.path, overwrite=overwrite)
        self._context = context
        self._lines = 0
        self._label = context.value_type.name
        self._axes = line_axes(context, first=1)
        self._attributes = _short("standardisation", context.chain.steps.describe()) if len(context.steps) else {}
        size = max(1, min(MOST_PENDING, PENDING_BYTES // max(1, int(np.prod(context.shape)) * context.dtype.itemsize)))
        self._block = np.empty((size, *context.shape), context.dtype)
        self._times = np.zeros(size)
        self._counts: dict[str, npt.NDArray[Any]] = {
            FRAME_NUMBER: np.zeros(size, np.uint64),
            DROPPED: np.zeros(size, np.uint32),
            SATURATED: np.zeros(size, np.uint32),
        }
        self._units = dict(positions or {})
        self._positions = {target: np.full(size, np.nan) for target in self._units}
        self._answers: dict[str, npt.NDArray[Any]] = {}
        self._about_model: dict[str, str] = {}
        if context.model is not None:
            self._answers = {sink.name: np.empty((size, *sink.shape), sink.dtype) for sink in context.model.sinks}
            self._about_model = _short("model", context.model.model.to_plain())
            self._about_model |= {"classes": json.dumps(list(context.model.classes))} if context.model.classes else {}
        self._pending = 0
        self._h5 = H5SaverLowLevel(save_type=SaveType.scan, compression=compression)
        self._h5.init_file(self.path, new_file=True, overwrite=overwrite)
        try:
            self._h5.set_attr("/", "pymodaq_hsi_version", pymodaq_hsi.__version__)
            self._scan = self._h5.add_scan_group(title=title or f"{self._label} of {context.device.display_name}")
            self._h5.set_attr(self._scan, "scan_done", False)
            self._write_settings(wanted)
            if plan:
                self._h5.add_string_array(self._scan, "Plan", title="Plan (JSON)", rows=[plan])
            write_references(self._h5, self._scan, context)
            self._detector = self._h5.add_det_group(self._scan, title=context.device.display_name)
            self._saver = DataToExportEnlargeableSaver(self._h5, ["time"], ["s"])
        except BaseException:
            self._h5.close_file()
            raise

    def __enter__(self) -> CubeFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        reasons = {KeyboardInterrupt: "interrupted", SystemExit: "terminated"}
        reason = "" if kind is None else reasons.get(kind, "") or str(error) or kind.__name__
        self.close(reason)

    @property
    def lines(self) -> int:
        """Lines in the file."""
        return self._lines

    @property
    def pending(self) -> int:
        """Lines that were accepted by `add` and wait for `commit`."""
        return self._pending

    @property
    def full(self) -> bool:
        """Whether `commit` has to be called before another line is added."""
        return self._pending == len(self._block)

    def place(self) -> npt.NDArray[Any]:
        """Return where the next line goes, ``(pixels, bands)`` of the context's sample type: fill it, then `add`."""
        place: npt.NDArray[Any] = self._block[self._pending]
        return place

    def add(self, buffer: Buffer, *, saturated: int = 0, positions: Mapping[str, float] | None = None) -> None:
        """Accept the line that was put into `place`, and what the context's model says of it.

        Parameters
        ----------
        buffer : Buffer
            It came from: its number and time are kept with it.
        saturated : int
            Saturated samples in it.
        positions : mapping of str to float, optional
            Where targets were when it was taken.
        """
        values = {FRAME_NUMBER: buffer.number, DROPPED: buffer.dropped_before, SATURATED: saturated}
        for name, value in values.items():
            self._counts[name][self._pending] = value
        for name, answers in self._answers.items():
            answers[self._pending] = self._context.answers[name]
        for target, places in self._positions.items():
            places[self._pending] = (positions or {}).get(target, np.nan)
        self._times[self._pending] = buffer.timestamp
        self._pending += 1

    def commit(self) -> None:
        """Write what was added: when this returns, it survives the end of the process.

        Raises
        ------
        OutputError
            It could not be written; the lines before it are in the file.
        """
        count, self._pending = self._pending, 0
        if not count:
            return
        data = [self._rows(self._label, self._block[:count], self._context.unit, self._axes, **self._attributes)]
        data += [self._rows(name, values[:count], "", []) for name, values in self._counts.items()]
        data += [
            self._rows(target, values[:count], self._units[target], [], origin="positions")
            for target, values in self._positions.items()
        ]
        for name, values in self._answers.items():
            axes = [self._axes[0]] if values.shape[1] == self._context.shape[0] else []
            data.append(self._rows(name, values[:count], "", axes, **self._about_model))
        try:
            self._saver.add_data(self._detector, DataToExport("Lines", data=data), axis_values=[self._times[:count]])
        except (OSError, H5ModulesError) as error:
            raise OutputError(
                f"line {self._lines} could not be written to {self.path}: {error}; the lines before it are there"
            ) from error
        self._lines += count

    def describe(self, attributes: Mapping[str, object]) -> None:
        """Note something about the recording: attributes of the scan."""
        for name, value in attributes.items():
            self._h5.set_attr(self._scan, name, value)

    def finish(self, *, dropped: int = 0) -> None:
        """Note that the recording is complete."""
        self._h5.set_attr(self._scan, "dropped_lines", int(dropped))
        self._h5.set_attr(self._scan, "scan_done", True)

    def close(self, reason: str = "") -> None:
        """Write what was added and close the file; `reason` says why the recording ended early."""
        try:
            self.commit()
            if reason:
                self._h5.set_attr(self._scan, "ended_early", reason)
        finally:
            self._h5.close_file()

    def _rows(self, name: str, rows: npt.NDArray[Any], unit: str, axes: list[Axis], **attributes: Any) -> DataRaw:
        return DataRaw(name, units=unit, data=[rows], labels=[name], nav_indexes=(0,), axes=axes, **attributes)

    def _write_settings(self, wanted: int) -> None:
        context = self._context
        settings = {
            "value_type": context.value_type.name,
            "wanted_lines": wanted,
            "frame_format": context.format.to_message(),
            "panel_reflectivity": [None if np.isnan(value) else float(value) for value in context.panel_reflectivity],
            "devices": [device.settings() for device in bench.devices()],
            "references": {
                reference.name: {"count": reference.count, "timestamp": reference.timestamp} | dict(reference.settings)
                for reference in (context.white, context.dark)
                if reference is not None
            },
            "standardisation": context.chain.steps.describe(),
        }
        if context.radiometry is not None:
            settings |= {"exposure_ms": context.exposure_ms, "radiometry": context.radiometry.to_message()}
        if context.model is not None:
            settings["model"] = context.model.model.to_plain()
        text = json.dumps(settings, indent=1)
        self._h5.add_string_array(self._scan, "Settings", title="Settings (JSON)", rows=[text])


def _short(name: str, message: Mapping[str, object]) -> dict[str, str]:
    """Return JSON as an attribute; where it is too long for one, where it stands."""
    text = json.dumps(message)
    return {name: text if len(text) <= _LONGEST_ATTRIBUTE else json.dumps({"see": f"Settings: {name}"})}


def check_writable(path: Path, *, overwrite: bool) -> None:
    """Refuse a path that cannot be written, before anything is started.

    Raises
    ------
    OutputExists
    OutputError
    """
    folder = path.absolute().parent
    if path.exists() and not path.is_dir() and not overwrite:
        raise OutputExists(f"{path} exists already; give another name, or --overwrite (overwrite=True)")
    if "h5" not in path.suffix:
        raise OutputError(f"{path} is to be an HDF5 file: give it a name that ends in .h5")
    if path.is_dir() or not folder.is_dir():
        raise OutputError(
            f"{path} is a folder, or there is no folder {folder}; give the name of a file in a folder that is there"
        )
