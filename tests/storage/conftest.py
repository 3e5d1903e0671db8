"""A storage in a folder of its own, detectors with real signals, and what is read back by loaders."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTEST_QT_API", "pyqt5")

from PyQt5.QtCore import QObject, pyqtSignal

from h5modules.data_saving import DataLoader
from pymodaq_hsi.storage import DataStorage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt
    from pytestqt.qtbot import QtBot

# Windows lets nobody remove an open file, and limits no file's size
collect_ignore = ["test_failures.py"] if sys.platform == "win32" else []

SCAN = "/RawData/Scan000"
_SIGNALS = ("savingStateChanged", "stateChanged", "failed", "noticed")


class Detector(QObject):
    """What `DataStorage.connect` wants."""

    dataAcquired = pyqtSignal(dict)  # noqa: N815
    busyStateChanged = pyqtSignal(bool)  # noqa: N815

    def __init__(self, name: str, shape: tuple[int, ...] | None, axes: object = None) -> None:
        super().__init__()
        self.setObjectName(name)
        self.axes = axes
        if shape is not None:
            self.dataShape = shape


class Bench:
    """A storage, and all that its signals have said."""

    def __init__(self, qtbot: QtBot, folder: Path, **options: Any) -> None:
        self._qtbot = qtbot
        self.folder = folder
        self.storage = DataStorage(**{"base": str(folder), "name": "run", "late": 0.05} | options)
        self.said: list[tuple[str, Any]] = []
        for name in _SIGNALS:
            getattr(self.storage, name).connect(lambda value, name=name: self.said.append((name, value)))
        self.storage.numberChanged.connect(lambda: self.said.append(("numberChanged", self.storage.getNumber())))

    def settle(self) -> None:
        """Wait until nothing is being saved."""
        self._qtbot.waitUntil(lambda: not self.storage.saving, timeout=10_000)
        self._qtbot.wait(1)

    def values(self, signal: str) -> list[Any]:
        """Return what one signal has said."""
        return [value for name, value in self.said if name == signal]

    def run(self, frames: dict[Any, Any], shape: tuple[int, ...], axes: object = None) -> None:
        """Save a run from beginning to end."""
        self.storage.reserve(shape)
        self.storage.update(frames)
        self.storage.save(axes)
        self.settle()


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    found = Bench(qtbot, tmp_path)
    yield found
    found.storage.close(10.0)


@pytest.fixture(scope="session")
def saved() -> Any:
    return Saved


@pytest.fixture(scope="session")
def detector_class() -> Any:
    return Detector


class Saved:
    """The file of a run, read by our loader."""

    def __init__(self, path: Path | str | None) -> None:
        with DataLoader(str(path)) as loader:
            h5 = loader.h5saver
            attrs = h5.get_node(SCAN).attrs
            names = ("scan_done", "state", "ended_early", "frames", "frames_missing", "frames_refused")
            self.attrs = {name: attrs[name] for name in names}
            self.title = h5.get_node(SCAN).title
            self.data: dict[str, npt.NDArray[Any]] = {}
            self.axes: dict[str, dict[int, list[float]]] = {}
            self.measured: dict[str, npt.NDArray[Any]] = {}
            for node in h5.walk_nodes(SCAN):
                if node.name == "Data00":
                    data = loader.load_data(node)
                    self.data[data.name] = data.data[0]
                    self.axes[data.name] = {axis.index: axis.get_data().tolist() for axis in data.axes if axis.label}
                    detector = node.parent_node.parent_node.parent_node
                    if "Measured" in detector:
                        self.measured[data.name] = detector.get_child("Measured").read().astype(bool)

    @property
    def frames(self) -> npt.NDArray[Any]:
        """The data of the only detector."""
        (data,) = self.data.values()
        return data
