"""Files that PyMoDAQ began are gone on in by our savers, and the other way round; both load the same from them."""

from __future__ import annotations

import importlib
import logging
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTS = {
    "theirs": ("pymodaq_data.data", "pymodaq_data.h5modules.data_saving", "pymodaq_data.h5modules.saving"),
    "ours": ("h5modules.data", "h5modules.data_saving", "h5modules.saving"),
}
X, Y = np.arange(4.0) ** 2, np.arange(5.0) ** 2
U, V = np.array([0.0, 3, 1, 2]), np.array([1.0, 3, 1, 0])


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """PyMoDAQ logs and warns as it likes."""
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


def save(who: str, h5: Any, case: str, n: int) -> None:
    """Save the n-th data with one of the two."""
    data, savers, _ = (importlib.import_module(name) for name in PARTS[who])
    axes = [data.Axis("x", "mm", X, index=0), data.Axis("y", "mm", Y, index=1)]
    frame = data.DataRaw(
        "frame", data=[np.full((4, 5), float(n))], errors=[np.full((4, 5), n / 8)], axes=axes, units="V"
    )
    power = data.DataRaw("power", data=[np.array([float(n)])])
    both = data.DataToExport("set", data=[frame, power])
    where = "/RawData"
    match case:
        case "whole":
            savers.DataSaverLoader(h5).add_data(where, frame)
        case "background":
            savers.BkgSaver(h5).add_data(where, frame)
        case "axis":
            savers.AxisSaverLoader(h5).add_axis(where, data.Axis("z", "mm", X + n, index=0))
        case "enlargeable":
            savers.DataEnlargeableSaver(h5, ["a", "b"], ["mm", "nm"]).add_data(where, frame, [float(n), n / 2])
        case "extended":
            savers.DataExtendedSaver(h5, (2, 2)).add_data(where, frame, divmod(n, 2))
        case "set":
            savers.DataToExportSaver(h5).add_data(where, both)
        case "set, enlargeable":
            savers.DataToExportEnlargeableSaver(h5, ["a"], ["mm"]).add_data(where, both, axis_values=[float(n)])
        case "set, timed":
            savers.DataToExportTimedSaver(h5).add_data(where, both)
        case "set, extended":
            saver = savers.DataToExportExtendedSaver(h5, (2, 2))
            if n == 0:
                saver.add_nav_axes(where, [data.Axis(name, "mm", X[:2], index=k) for k, name in enumerate("uv")])
            saver.add_data(where, both, indexes=divmod(n, 2))
        case "set, spread":
            saver = savers.DataToExportExtendedSaver(h5, (4,))
            if n == 0:
                values = {"u": U, "v": V}
                saver.add_nav_axes(
                    where,
                    [data.Axis(k, "mm", v, index=0, spread_order=i) for i, (k, v) in enumerate(values.items())],
                )
            saver.add_data(where, both, indexes=[n], distribution=data.DataDistribution["spread"])


def opened(who: str, backend: str, path: Path, *, new: bool) -> Any:
    h5 = importlib.import_module(PARTS[who][2]).H5SaverLowLevel(backend=backend)
    h5.init_file(path, new_file=new)
    return h5


def loaded(who: str, path: Path) -> dict[str, Any]:
    """All data of a file: shape, values, axes, distribution."""
    _, savers, saving = (importlib.import_module(name) for name in PARTS[who])
    h5 = saving.H5SaverLowLevel(backend="tables")
    h5.open_file(path, "r")
    found = {}
    try:
        loader = savers.DataLoader(h5)
        for node in list(h5.walk_nodes("/")):
            name = node.path.rpartition("/")[2]
            if name.startswith(("Data0", "EnlData")) and "Data0D" != name:
                data = loader.load_data(node)
                errors = data.errors
                # PyMoDAQ saves axes once more with every whole data, and loads them as often
                axes = {(a.label, a.units, a.index, a.spread_order, a.size, tuple(a.get_data())) for a in data.axes}
                found[node.path] = (
                    data[0].tolist(), axes, tuple(data.nav_indexes), data.distribution.name,
                    None if errors is None or errors[0] is None else np.asarray(errors[0]).tolist(),
                )  # fmt: skip
            elif name.startswith("Bkg"):
                found[node.path] = np.asarray(node.read()).tolist()
            elif name.startswith("Axis") and path.name == "axis.h5":
                found[node.path] = savers.AxisSaverLoader(h5).load_axis(node).get_data().tolist()
    finally:
        h5.close_file()
    return found


CASES = [
    "whole", "background", "axis", "enlargeable", "extended", "set", "set, enlargeable", "set, timed", "set, extended",
    "set, spread",
]  # fmt: skip


@pytest.mark.parametrize("backend", ["tables", "h5py"])
@pytest.mark.parametrize("first", ["theirs", "ours"])
@pytest.mark.parametrize("case", CASES)
def test_what_one_began_the_other_goes_on_in_and_both_load_the_same(
    tmp_path: Path, case: str, first: str, backend: str
) -> None:
    path = tmp_path / f"{case}.h5"
    for who, numbers in ((first, (0, 1)), ("ours" if first == "theirs" else "theirs", (2, 3))):
        h5 = opened(who, backend, path, new=numbers[0] == 0)
        for n in numbers:
            save(who, h5, case, n)
        h5.close_file()
    ours, theirs = loaded("ours", path), loaded("theirs", path)
    assert len(ours) >= (4 if case in ("whole", "background", "axis", "set") else 1)
    assert {name: ours[name] for name in theirs} == theirs
    assert theirs.keys() >= {name for name in ours if "Data0D" not in name}
    if case.startswith(("extended", "enlargeable", "set,")):
        (frames,) = [value for name, value in ours.items() if "Data0D" not in name]
        values = np.array(frames[0])
        assert values.reshape(4, 4, 5)[:, 0, 0].tolist() == [0, 1, 2, 3]
        assert np.array(frames[4]).reshape(4, 4, 5)[:, 3, 4].tolist() == [0, 1 / 8, 2 / 8, 3 / 8]


@pytest.mark.parametrize("who", ["ours", "theirs"])
def test_points_that_are_spread_come_back_with_all_their_axes(tmp_path: Path, who: str) -> None:
    path = tmp_path / "spread.h5"
    h5 = opened("ours", "tables", path, new=True)
    for n in (2, 0, 3, 1):
        if n == 2:
            save("ours", h5, "set, spread", 0)
        if n:
            save("ours", h5, "set, spread", n)
    h5.close_file()
    frames = next(value for name, value in loaded(who, path).items() if "Data2D" in name)
    values, axes, nav_indexes, distribution, errors = frames
    assert np.array(values)[:, 0, 0].tolist() == [0, 1, 2, 3]
    assert np.array(errors)[:, 0, 0].tolist() == [0, 1 / 8, 2 / 8, 3 / 8]
    assert (nav_indexes, distribution) == ((0,), "spread")
    assert {(label, index, order, content) for label, _, index, order, _, content in axes} == {
        ("u", 0, 0, tuple(U)), ("v", 0, 1, tuple(V)), ("x", 1, 0, tuple(X)), ("y", 2, 0, tuple(Y)),
    }  # fmt: skip


def test_spread_points_on_a_grid_are_refused(tmp_path: Path) -> None:
    from h5modules.data import DataRaw
    from h5modules.data_saving import DataExtendedSaver
    from h5modules.errors import ArrayMismatch

    with DataExtendedSaver(tmp_path / "file.h5", (2, 2)) as saver:
        data = DataRaw("frame", data=[np.zeros(3)])
        with pytest.raises(ArrayMismatch, match=r"spread.*\(2, 2\)"):
            saver.add_data("/RawData", data, (0, 0), distribution="spread")
        saver.add_data("/RawData", data, (0, 0))
