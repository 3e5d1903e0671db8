"""Every saver refuses what it cannot save, with an error that says why; the file keeps what it had, and goes on."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from h5modules.data import Axis, DataRaw, DataToExport
from h5modules.data_saving import (
    AxisSaverLoader,
    BkgSaver,
    DataEnlargeableSaver,
    DataExtendedSaver,
    DataLoader,
    DataSaverLoader,
    DataToExportEnlargeableSaver,
    DataToExportExtendedSaver,
    DataToExportSaver,
    DataToExportTimedSaver,
    ErrorSaverLoader,
)
from h5modules.errors import FileUnreadable, H5ModulesError
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCAN = (3, 4)


def frame(shape: tuple[int, ...] = (4, 5), dtype: str = "uint16", arrays: int = 1, **more: Any) -> DataRaw:
    return DataRaw("frame", data=[np.full(shape, 7, dtype) for _ in range(arrays)], **more)


def whole(data: DataRaw) -> Any:
    return DataToExport("set", data=[data])


def alone(data: DataRaw) -> Any:
    return data


@dataclass
class Kind:
    """How a saver is made and given its n-th data."""

    make: Callable[[Any], Any]
    wrap: Callable[[DataRaw], Any]
    more: Callable[[int], tuple[Any, ...]] = lambda n: ()
    fixed: bool = False
    """Whether the first data sets shape, type and number."""


KINDS = {
    "Data": Kind(DataSaverLoader, alone),
    "Bkg": Kind(BkgSaver, alone),
    "Error": Kind(ErrorSaverLoader, alone),
    "Enlargeable": Kind(lambda h5: DataEnlargeableSaver(h5, ["x"], ["mm"]), alone, lambda n: ([float(n)],), True),
    "Extended": Kind(lambda h5: DataExtendedSaver(h5, SCAN), alone, lambda n: (divmod(n, 4),), True),
    "DataToExport": Kind(DataToExportSaver, whole),
    "DataToExportEnlargeable": Kind(
        lambda h5: DataToExportEnlargeableSaver(h5, ["x"], ["mm"]), whole, lambda n: ([float(n)],), True
    ),
    "DataToExportTimed": Kind(DataToExportTimedSaver, whole, fixed=True),
    "DataToExportExtended": Kind(
        lambda h5: DataToExportExtendedSaver(h5, SCAN), whole, lambda n: (divmod(n, 4),), True
    ),
}
FIXED = [name for name, kind in KINDS.items() if kind.fixed]
SETS = [name for name, kind in KINDS.items() if kind.wrap is whole]
GROWING = ["Enlargeable", "DataToExportEnlargeable"]
POINTS = ["Extended", "DataToExportExtended"]


def everything(h5: H5SaverLowLevel) -> dict[str, Any]:
    """All arrays and attributes of a file, but for the index, which is ahead of the data."""
    found: dict[str, Any] = {}
    for node in h5.walk_nodes("/"):
        attrs = node.attrs.to_dict()
        attrs.pop("h5modules_writing", None)
        content = node.node.read().tobytes() if hasattr(node.node, "read") and hasattr(node.node, "chunkshape") and (
            node.name not in ("Logger", "FrameIndex")
        ) else b""  # fmt: skip
        found[node.path] = (content, repr(attrs))
    return found


class World:
    """A file in which a saver has saved once."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self.path = path
        self.kind = kind
        self.h5 = H5SaverLowLevel()
        self.h5.init_file(path)
        self.group = self.h5.add_det_group(self.h5.add_scan_group(title="scan"), title="camera").path
        self.saver = kind.make(self.h5)
        self.count = 0
        self.good()

    def good(self) -> None:
        """Save what is right."""
        self.saver.add_data(self.group, self.kind.wrap(frame()), *self.kind.more(self.count))
        self.count += 1

    def refuses(self, data: Any, *more: Any, where: Any = "") -> H5ModulesError:
        """Try to save what is wrong; all is as before, and what is right is saved next."""
        before = everything(self.h5)
        with pytest.raises(H5ModulesError) as caught:
            self.saver.add_data(self.group if where == "" else where, data, *(more or self.kind.more(self.count)))
        assert everything(self.h5) == before
        self.good()
        assert everything(self.h5) != before
        assert len(str(caught.value)) > 20
        return caught.value


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "file.h5", KINDS[request.param])
    yield made
    made.h5.close_file()
    with DataLoader(made.path) as loader:
        for data in loader.load_all("/"):
            assert np.all((data[0] == 7) | (data[0] == 0))


BAD_ARRAYS = {
    "another shape": (lambda: frame((4, 6)), "(4, 6)"),
    "another dimension": (lambda: frame((5,)), ""),
    "a type that does not fit": (lambda: frame(dtype="float64"), "float64"),
    "a larger integer": (lambda: frame(dtype="int32"), "int32"),
    "more arrays": (lambda: frame(arrays=2), "2"),
    "error bars that the first had not": (lambda: frame(errors=[np.ones((4, 5))]), ""),
}


@pytest.mark.parametrize("world", FIXED, indirect=True)
@pytest.mark.parametrize("bad", BAD_ARRAYS)
def test_data_that_is_not_like_the_first_is_refused_with_both_values(world: World, bad: str) -> None:
    make, seen = BAD_ARRAYS[bad]
    assert seen in str(world.refuses(world.kind.wrap(make())))


@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_a_missing_node_or_one_of_another_kind_is_refused(world: World) -> None:
    for nothing in (None, 5, b"/RawData"):
        world.refuses(world.kind.wrap(frame()), where=nothing)
    data = world.kind.wrap(frame())
    assert "/RawData/Nowhere" in str(world.refuses(data, where="/RawData/Nowhere"))
    assert "Logger" in str(world.refuses(data, where="/RawData/Logger"))


@pytest.mark.parametrize("world", KINDS, indirect=True)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_signal_axis_that_is_not_finite_is_refused(world: World, value: float) -> None:
    axes = [Axis("x", "mm", np.array([0.0, value, 2.0, 3.0]), index=0)]
    data = world.kind.wrap(frame(axes=axes))
    saver = world.saver
    group = world.h5.add_det_group("/RawData/Scan000", title="other").path
    before = everything(world.h5)
    if isinstance(saver, BkgSaver | ErrorSaverLoader):
        saver.add_data(group, data)  # these leave axes to the data
        assert [node.rpartition("/")[2] for node in everything(world.h5) if node.startswith(f"{group}/")] == [
            "Bkg00" if isinstance(saver, BkgSaver) else "ErrorBar00"
        ]
        return
    with pytest.raises(H5ModulesError):
        saver.add_data(group, data, *world.kind.more(0))
    left = {path: value for path, value in everything(world.h5).items() if "/Data" not in path}
    assert left == {path: value for path, value in before.items() if "/Data" not in path}
    world.good()


@pytest.mark.parametrize("world", SETS, indirect=True)
@pytest.mark.parametrize("bad", [None, [], 3, "data", np.zeros(3), DataToExport("empty"), frame()], ids=repr)
def test_what_is_no_set_of_data_is_refused(world: World, bad: Any) -> None:
    world.refuses(bad)


@pytest.mark.parametrize("world", [name for name in KINDS if name not in SETS], indirect=True)
@pytest.mark.parametrize("bad", [None, 3, "data", np.zeros((4, 5)), DataToExport("empty")], ids=repr)
def test_what_is_no_data_is_refused(world: World, bad: Any) -> None:
    world.refuses(bad)


@pytest.mark.parametrize("world", GROWING, indirect=True)
@pytest.mark.parametrize("values", [[math.nan], [math.inf], [], [1.0, 2.0], [[1.0, 2.0]], ["x"], None], ids=repr)
def test_axis_values_that_are_no_coordinates_are_refused(world: World, values: Any) -> None:
    world.refuses(world.kind.wrap(frame()), values)


@pytest.mark.parametrize("world", ["DataToExportTimed"], indirect=True)
@pytest.mark.parametrize("time", [math.nan, math.inf])
def test_a_timestamp_that_is_no_time_is_refused(world: World, time: float) -> None:
    data = world.kind.wrap(frame())
    data.timestamp = time
    world.refuses(data)


@pytest.mark.parametrize("world", POINTS, indirect=True)
@pytest.mark.parametrize(
    "point", [(3, 0), (0, 4), (-1, 0), (0, -1), (0,), (0, 0, 0), (), (0.0, 1), ("a", 1), (True, 1), None, 5], ids=repr
)
def test_a_point_outside_the_scan_is_refused(world: World, point: Any) -> None:
    world.refuses(world.kind.wrap(frame()), point)


@pytest.mark.parametrize("world", POINTS, indirect=True)
def test_a_point_that_is_saved_already_is_kept(world: World) -> None:
    assert "(0, 0)" in str(world.refuses(world.kind.wrap(frame()), (0, 0)))


@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_a_closed_file_is_refused_and_the_same_saver_goes_on_in_another(world: World, tmp_path: Path) -> None:
    world.h5.close_file()
    with pytest.raises(H5ModulesError, match="closed"):
        world.saver.add_data(world.group, world.kind.wrap(frame()), *world.kind.more(1))
    world.h5.init_file(tmp_path / "other.h5")
    world.group = world.h5.add_det_group(world.h5.add_scan_group(title="scan"), title="camera").path
    world.count = 0
    world.good()
    assert len(DataLoader(world.h5).load_all("/").data) == (0 if isinstance(world.saver, BkgSaver | ErrorSaverLoader)
                                                            else 1)  # fmt: skip


@pytest.mark.parametrize("world", KINDS, indirect=True)
def test_a_file_opened_for_reading_is_refused(world: World) -> None:
    world.h5.close_file()
    content = world.path.read_bytes()
    with H5SaverLowLevel() as h5:
        h5.init_file(world.path, mode="r")
        with pytest.raises(H5ModulesError, match="opened for reading"):
            world.kind.make(h5).add_data(world.group, world.kind.wrap(frame()), *world.kind.more(1))
    assert world.path.read_bytes() == content


def test_axes_that_are_no_coordinates_are_refused(tmp_path: Path) -> None:
    with AxisSaverLoader(tmp_path / "file.h5") as saver:
        before = everything(saver.h5saver)
        for bad in (Axis("x", "mm", np.array([0.0, math.nan])), Axis("x", "mm", np.array([0.0, math.inf])), None, 3):
            with pytest.raises(H5ModulesError):
                saver.add_axis("/RawData", bad)
            assert everything(saver.h5saver) == before
        saver.add_axis("/RawData", Axis("x", "mm", np.arange(3.0)))
        assert saver.load_axis("/RawData/Axis00").size == 3


@pytest.mark.parametrize("content", [b"", b"not HDF5 at all", b"\x89HDF\r\n\x1a\n" + bytes(100)], ids=len)
def test_a_file_that_is_not_hdf5_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.h5"
    path.write_bytes(content)
    for kind in KINDS.values():
        with pytest.raises(FileUnreadable, match=r"file\.h5"):
            kind.make(path)
    with pytest.raises(FileUnreadable):
        DataLoader(path)
    assert path.read_bytes() == content


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.h5").mkdir()
    for kind in KINDS.values():
        with pytest.raises(FileUnreadable, match="folder"):
            kind.make(tmp_path / "folder.h5")


def test_a_truncated_file_is_an_error_or_what_is_left_of_it(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    world = World(path, KINDS["DataToExportTimed"])
    for _ in range(20):
        world.good()
    world.h5.close_file()
    content = path.read_bytes()
    for size in {*range(0, 2500, 97), *range(2500, len(content), len(content) // 25), len(content) - 1}:
        path.write_bytes(content[:size])
        with pytest.raises(FileUnreadable, match=r"truncated|not an HDF5"):
            DataLoader(path)
        assert path.stat().st_size == size
    path.write_bytes(content)
    with DataLoader(path) as loader:
        assert loader.load_all("/")[0].shape == (21, 4, 5)


NOT_MINE = """
import os, sys
from h5modules.data_saving import DataLoader
from h5modules.errors import FileReadOnly, H5ModulesError
from h5modules.saving import H5SaverLowLevel
path, others = sys.argv[1:]
H5SaverLowLevel.from_file(path).close_file()  # all that this user needs is imported
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
os.chmod(path, 0o400) if os.access(path, os.W_OK) else None
try:
    H5SaverLowLevel.from_file(path)
except FileReadOnly as exc:
    assert "may not be written" in str(exc), exc
else:
    raise SystemExit("it was opened for writing")
with DataLoader(path) as loader:
    assert len(loader.load_all("/").data) == 1
try:
    DataLoader(others)
except H5ModulesError as exc:
    assert "may not be read" in str(exc), exc
else:
    raise SystemExit("it was opened for reading")
print("refused")
"""


@pytest.mark.parametrize("user", ["somebody else"] if os.name == "posix" else [])
def test_a_file_that_may_not_be_written_or_read_is_refused(user: str) -> None:
    with tempfile.TemporaryDirectory() as name:  # the folders of tmp_path are for their owner alone
        path, others = Path(name) / "file.h5", Path(name) / "others.h5"
        for file in (path, others):
            World(file, KINDS["Data"]).h5.close_file()
        Path(name).chmod(0o755)
        path.chmod(0o644)
        others.chmod(0)
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", NOT_MINE, str(path), str(others)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert ended.stdout == "refused\n", f"{user}: {ended.stderr}"


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_names_that_are_no_text_hide_nothing_beside_them(tmp_path: Path, libver: str) -> None:
    import h5py
    from h5py import h5a, h5g, h5s, h5t

    path = tmp_path / "file.h5"
    with h5py.File(path, "w", libver=libver) as file:
        group = file.create_group("RawData")
        h5g.create(group.id, b"\xff\xfe\x80")
        array = group.create_dataset("Array", data=np.arange(3.0))
        for name in (b"before", b"\x9fistribution", b"later"):
            h5a.create(array.id, name, h5t.IEEE_F64LE, h5s.create(h5s.SCALAR))
        group.create_group("Group")
        group["Link"] = h5py.SoftLink("/RawData/Array")
    with DataLoader(path) as loader:
        assert [node.path for node in loader.walk_nodes("/")] == ["/", "/RawData", "/RawData/Array", "/RawData/Group"]
        assert set(loader.get_node("/RawData/Array").attrs) == {"before", "later"}
        assert loader.get_node("/RawData/Array").read().tolist() == [0, 1, 2]
    with H5SaverLowLevel() as h5:
        h5.init_file(path)
        DataSaverLoader(h5).add_data("/RawData", frame())
    with DataLoader(path) as loader:
        assert loader.load_data("/RawData/Data00").shape == (4, 5)


def test_a_channel_that_a_killed_writer_had_only_begun_is_gone_on_in(tmp_path: Path) -> None:
    with H5SaverLowLevel() as h5:
        h5.init_file(tmp_path / "file.h5")
        detector = h5.add_det_group("/RawData", title="camera")
        h5.add_ch_group(h5.add_data_group(detector, "Data2D"), "frame")
        for _ in range(2):
            DataToExportSaver(h5).add_data(detector, whole(frame()))
        assert list(h5.get_children(f"{detector.path}/Data2D")) == ["CH00"]
        assert {"Data00", "Data01"} <= set(h5.get_children(f"{detector.path}/Data2D/CH00"))
