"""Reading files in a process of its own: no file, however large or damaged, holds the window up. No Qt."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from h5modules.errors import FileUnreadable
from pymodaq_hsi.dashboard.file_shapes import Dimension, RegionStatistics, ViewShape

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy.typing as npt

    from pymodaq_hsi.dashboard.file_shapes import Floats

__all__ = ["FileReader", "Seen"]

_TIMEOUT = 60.0
"""Seconds without a word after which a question is given up."""

Told = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Seen:
    """What a node has to be looked at.

    Attributes
    ----------
    view : ViewShape or None
        Of data.
    values : list of str
        Of data without dimensions, one for each channel.
    curves : list of ndarray
        Of data of one dimension, one for each channel.
    bars : list of ndarray
        Their error bars, one for each channel, if there are any.
    text : str
        Of what is no data.
    """

    view: ViewShape | None = None
    values: tuple[str, ...] = ()
    curves: tuple[Floats, ...] = ()
    bars: tuple[Floats, ...] = ()
    text: str = ""


class FileReader:
    """Asks a process about files; each question opens its file without a lock and closes it again.

    Questions may be asked in any thread; they are answered one after the other.

    Parameters
    ----------
    timeout : float
        Seconds without a word after which a question is given up, and the process ended.
    """

    def __init__(self, timeout: float = _TIMEOUT) -> None:
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._asking = threading.Lock()
        self._closed = False

    def nodes(self, path: Path, part: Callable[[list[Told]], bool]) -> tuple[int, float]:
        """Read the tree of a file.

        Parameters
        ----------
        path : Path
        part : callable
            Takes summaries of nodes, parents first, as they are read; returns whether more are wanted.

        Returns
        -------
        size, changed : int, float
            Of the file in bytes, and when it was changed last, before it was read.

        Raises
        ------
        FileUnreadable
            As of all methods: what cannot be read and why.
        """
        told, _ = self._ask({"do": "nodes", "path": str(path)}, lambda some: part(some["nodes"]))
        part(told["nodes"])
        return told["size"], told["changed"]

    def attributes(self, path: Path, node: str) -> Told:
        """Return the attributes of a node in types that JSON has; nothing of them is run."""
        told, _ = self._ask({"do": "attributes", "path": str(path), "node": node})
        found: Told = told["attributes"]
        return found

    def see(self, path: Path, node: str, *, with_background: bool) -> Seen:
        """Return what a node has to be looked at."""
        told, arrays = self._ask({"do": "view", "path": str(path), "node": node, "with_background": with_background})
        if "text" in told:
            return Seen(text=told["text"])
        plain, count = told["view"], len(told["dimensions"])
        dimensions = [
            Dimension(label, units, values, navigation)
            for (label, units, navigation), values in zip(told["dimensions"], arrays[:count], strict=True)
        ]
        view = ViewShape(**plain | {"shape": tuple(plain["shape"]), "dimensions": dimensions})
        channels = len(view.channels)
        curves, bars = arrays[count : count + channels], arrays[count + channels :]
        return Seen(view, tuple(told["values"]), tuple(curves), tuple(bars))

    def cube(self, path: Path, view: ViewShape, what: Told) -> Floats:
        """Return what is shown of a map, ``(rows, columns, spectrum)``; `what`: pair, at, channel, with_background."""
        return self._ask(_about("cube", path, view, what))[1][0]

    def cut(self, path: Path, view: ViewShape, what: Told) -> Floats:
        """Return the curve along a dimension; `what`: axis, at, channel, with_background."""
        return self._ask(_about("cut", path, view, what))[1][0]

    def statistics(self, path: Path, view: ViewShape, what: Told) -> RegionStatistics:
        """Return what a region is like; `what`: pair, rows, columns, at, channel, with_background."""
        mean, deviation, low, high, (count, exact) = self._ask(_about("statistics", path, view, what))[1]
        return RegionStatistics(mean, deviation, low, high, count=int(count), exact=bool(exact))

    def formats(self) -> list[tuple[str, str, str, str]]:
        """Return name, description, suffix of each format, and what would have to be installed for it, or ''."""
        return [(*each,) for each in self._ask({"do": "formats", "path": ""})[0]["formats"]]

    def export(self, path: Path, node: str, what: Told, part: Callable[[int, int], bool]) -> Told:
        """Write data in another format.

        Parameters
        ----------
        path : Path
        node : str
        what : dict
            ``target``, ``to``, ``overwrite``; see `h5modules.exporting.export`.
        part : callable
            Takes how much is done and of how much; returns whether to go on. What is left leaves nothing behind.

        Returns
        -------
        dict
            ``files``, ``skipped``, ``notes``; and ``cancelled`` if it was left.
        """
        question = {"do": "export", "path": str(path), "node": node} | what
        return self._ask(question, lambda told: part(told["done"], told["total"]))[0]

    def close(self) -> None:
        """End the process; what is being asked fails."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._asking:
            self._end()

    def finish(self) -> None:
        """End the process when what is being asked is answered; nothing else is."""
        self._closed = True
        with self._asking:
            self._end()

    def _ask(
        self, question: Told, part: Callable[[Told], bool] = lambda _: True
    ) -> tuple[Told, list[npt.NDArray[Any]]]:
        path = question["path"]
        with self._asking:
            if self._closed:
                raise FileUnreadable("the window is being closed", path=path)
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            told: Told = {}
            arrays: list[npt.NDArray[Any]] = []
            try:
                process.stdin.write(json.dumps(question).encode() + b"\n")
                process.stdin.flush()
                while True:
                    told = self._line(process)
                    if not told.get("more"):
                        break
                    wanted = part(told)
                    if question["do"] == "export":
                        process.stdin.write(b"true\n" if wanted else b"false\n")
                        process.stdin.flush()
                    elif not wanted:
                        self._end()  # nobody wants the rest: the next question has a process of its own
                        raise FileUnreadable(f"{path} was left before it was read", path=path)
                arrays = [_array(process.stdout, each) for each in told["arrays"]]
            except (OSError, ValueError, EOFError) as error:
                self._end()
                raise FileUnreadable(
                    f"{question.get('node', '/')} of {path} could not be read: the process that reads it has ended, "
                    f"or has not answered in {self._timeout:g} s. The file may be damaged; others can be opened",
                    path=path,
                ) from error
        if "error" in told:
            raise FileUnreadable(told["error"], path=path)
        return told, arrays

    def _line(self, process: subprocess.Popen[bytes]) -> Told:
        assert process.stdout is not None
        late = threading.Timer(self._timeout, process.kill)
        late.start()
        try:
            line = process.stdout.readline()
        finally:
            late.cancel()
        if not line.endswith(b"\n"):
            raise EOFError(line)
        told: Told = json.loads(line)
        return told

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pymodaq_hsi.dashboard.file_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"HDF5_USE_FILE_LOCKING": "FALSE"},
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


def _about(do: str, path: Path, view: ViewShape, what: Told) -> Told:
    return {"do": do, "path": str(path), "node": view.path} | what


def _array(stream: Any, kind: Told) -> npt.NDArray[Any]:
    found = np.empty(kind["shape"], kind["dtype"])
    rest = found.reshape(-1).view(np.uint8).data
    while len(rest):
        count = stream.readinto(rest)
        if not count:
            raise EOFError(len(rest))
        rest = rest[count:]
    return found
