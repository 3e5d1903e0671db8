"""Looking into a file that another process is writing, without a lock that could keep its writer waiting.

A process of its own opens the file for each question without HDF5's locks, reads what is asked for, and closes it. It
neither locks the file nor changes it; if what it meets is being changed at that very moment, the answer is an error and
the next one is right. What was told of as written (a point, a line) is there.

>>> import tempfile
>>> from pathlib import Path
>>> import numpy as np
>>> from h5modules.data import DataRaw, DataToExport
>>> from h5modules.data_saving import DataToExportTimedSaver
>>> with tempfile.TemporaryDirectory() as folder, Glimpse() as glimpse:
...     path = Path(folder) / "series.h5"
...     with DataToExportTimedSaver(path, new_file=True) as saver:
...         for number in range(3):
...             spectrum = DataRaw("spectrum", data=[np.full(4, float(number))])
...             saver.add_data("/RawData", DataToExport("spectrometer", data=[spectrum]))
...         array = glimpse.arrays(path, "/RawData")[0]  # the saver is open
...         means = glimpse.means(path, array.path, [(0,), (2,)])
>>> array.shape, means.tolist()
((3, 4), [0.0, 2.0])
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from h5modules.errors import FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["Glimpse", "GlimpsedArray", "GlimpsedAxis"]

_TIMEOUT = 30.0


@dataclass(frozen=True)
class GlimpsedAxis:
    """An axis of an array.

    Attributes
    ----------
    label, units : str
    index : int
        The dimension of the array that it belongs to.
    spread_order : int
    values : ndarray
        Float64, (size,).
    """

    label: str
    units: str
    index: int
    spread_order: int
    values: npt.NDArray[np.float64]


@dataclass(frozen=True)
class GlimpsedArray:
    """An array of data below a node.

    Attributes
    ----------
    path : str
    name, origin, units : str
    shape : tuple of int
    dtype : str
    nav : int
        How many of its dimensions, the first ones, are those of the scan.
    axes : list of GlimpsedAxis
        Of the other dimensions.
    """

    path: str
    name: str
    origin: str
    units: str
    shape: tuple[int, ...]
    dtype: str
    nav: int
    axes: list[GlimpsedAxis]


class Glimpse:
    """A process that looks into files; a context manager.

    It is started with the first question and again if it has ended. Questions may be asked in any thread; they are
    answered one after the other.

    Parameters
    ----------
    timeout : float
        Seconds after which a question is given up.
    """

    def __init__(self, timeout: float = _TIMEOUT) -> None:
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._asking = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def arrays(self, path: Path | str, node: str) -> list[GlimpsedArray]:
        """Return all arrays of data below a node, with the axes of what was measured.

        Raises
        ------
        FileUnreadable
            The file or the node cannot be read now; the message says why. As of all methods.
        """
        told, _ = self._ask({"do": "arrays", "path": str(path), "node": node})
        return [
            GlimpsedArray(
                **{key: each[key] for key in ("path", "name", "origin", "units", "dtype", "nav")},
                shape=tuple(each["shape"]),
                axes=[_axis(axis) for axis in each["axes"]],
            )
            for each in told["arrays"]
        ]

    def nav_axes(self, path: Path | str, node: str) -> list[GlimpsedAxis]:
        """Return the axes of a scan that are saved below a node."""
        told, _ = self._ask({"do": "nav_axes", "path": str(path), "node": node})
        return [_axis(axis) for axis in told["axes"]]

    def read(self, path: Path | str, array: str, key: Sequence[Sequence[int | None] | int]) -> npt.NDArray[Any]:
        """Return a part of an array.

        Parameters
        ----------
        key : sequence
            For each of the first dimensions an index, or start, stop and step of a slice (None as in Python).
        """
        plain = [each if isinstance(each, int) else list(each) for each in key]
        _, data = self._ask({"do": "read", "path": str(path), "array": array, "key": plain})
        return data

    def text(self, path: Path | str, array: str) -> str:
        """Return the rows of an array of texts, joined: the plan of a scan."""
        told, _ = self._ask({"do": "text", "path": str(path), "array": array})
        return str(told["text"])

    def pick(self, path: Path | str, array: str, rows: tuple[int, int, int], last: Sequence[int]) -> npt.NDArray[Any]:
        """Return some samples of the last dimension for a slice of the first: bands of the lines of a cube.

        Returns
        -------
        ndarray
            (rows, ..., len(last))
        """
        _, data = self._ask(
            {"do": "pick", "path": str(path), "array": array, "rows": list(rows), "last": [int(each) for each in last]}
        )
        return data

    def means(
        self,
        path: Path | str,
        array: str,
        points: Sequence[Sequence[int]],
        last: tuple[int, int] | None = None,
        seconds: float = 0.3,
    ) -> npt.NDArray[np.float64]:
        """Return the mean of the finite samples at each point of a scan.

        Parameters
        ----------
        points : sequence of (int, ...)
            Indexes of the dimensions of the scan.
        last : (int, int), optional
            Only samples from the one to before the other of the last dimension: a band.
        seconds : float
            After these the answer is what is done so far.

        Returns
        -------
        ndarray
            Float64, of the first of the points: ask again for the others.
        """
        plain = [[int(index) for index in point] for point in points]
        _, data = self._ask(
            {"do": "means", "path": str(path), "array": array, "points": plain, "last": last, "seconds": seconds}
        )
        return data

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._end()

    def _ask(self, question: dict[str, Any]) -> tuple[dict[str, Any], npt.NDArray[Any]]:
        with self._asking:
            if self._closed:
                raise FileUnreadable("nothing can be looked at any more: this was closed", path=question["path"])
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            late = threading.Timer(self._timeout, process.kill)
            late.start()
            try:
                process.stdin.write(json.dumps(question).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
                told: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
                size = int(told.get("bytes", 0))
                content = process.stdout.read(size) if size else b""
            except (OSError, ValueError):
                told, content, size = {}, b"", 0
            finally:
                late.cancel()
            if not told or len(content) < size:
                self._end()
                raise FileUnreadable(
                    f"{question['path']} could not be looked at: the process that reads it has ended, or has not "
                    f"answered in {self._timeout:g} s; it is started again with the next question",
                    path=question["path"],
                )
        if "error" in told:
            raise FileUnreadable(told["error"], path=question["path"])
        data = np.frombuffer(content, told.get("dtype", "u1")).reshape(told.get("shape", (size,)))
        return told, data

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            environment = os.environ | {"HDF5_USE_FILE_LOCKING": "FALSE"}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "h5modules._glimpser"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait(5.0)


def _axis(told: dict[str, Any]) -> GlimpsedAxis:
    return GlimpsedAxis(
        told["label"], told["units"], told["index"], told["spread_order"], np.array(told["values"], np.float64)
    )
