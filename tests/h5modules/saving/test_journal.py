"""A writer that is killed within a flush leaves nodes that were there before as they were."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from h5modules.data import DataRaw
from h5modules.data_saving import DataLoader, DataSaverLoader
from h5modules.saving import H5SaverLowLevel

if TYPE_CHECKING:
    from collections.abc import Callable

ACCEPTED = 24


def a_file(path: Path) -> H5SaverLowLevel:
    """A file with many accepted arrays in several groups, flushed."""
    h5 = H5SaverLowLevel()
    h5.init_file(path, new_file=True)
    saver = DataSaverLoader(h5)
    for number in range(ACCEPTED):
        group = h5.get_set_group("/RawData", f"Group{number % 3}")
        saver.add_data(group, DataRaw(f"data {number}", data=[np.full(10, float(number))]))
    h5.flush()
    return h5


def array_in_a_full_group(h5: H5SaverLowLevel) -> None:
    for number in range(12):
        h5.create_carray("/RawData/Group0", f"Another_with_a_long_name_{number}", np.arange(5.0))


def groups_in_groups(h5: H5SaverLowLevel) -> None:
    for number in range(20):
        group = h5.get_set_group("/RawData", f"New{number:02d}")
        h5.create_carray(group, "Array", np.arange(3.0))


def attributes_of_old_nodes(h5: H5SaverLowLevel) -> None:
    for name in ("Group0", "Group1", "Group1/Data03", "Group2/Data01"):
        for number in range(6):
            h5.set_attr(f"/RawData/{name}", f"attribute{number}", "x" * (100 * number + 1))


def names_that_change(h5: H5SaverLowLevel) -> None:
    group = h5.get_set_group("/RawData", "Temporary")
    h5.create_carray(group, "Array", np.arange(3.0))
    h5.get_node("/RawData/Temporary").node._f_rename("Renamed")
    h5.create_carray("/RawData/Group1", "Short", np.arange(3.0))
    h5.get_node("/RawData/Group1/Short").node._f_remove()


CHANGES = [array_in_a_full_group, groups_in_groups, attributes_of_old_nodes, names_that_change]


def runs(before: bytes, after: bytes) -> list[tuple[int, int]]:
    """Where two states of a file differ, as HDF5 writes them: blocks that belong together as one."""
    size = max(len(before), len(after))
    old = np.frombuffer(before.ljust(size, b"\0"), np.uint8)
    new = np.frombuffer(after.ljust(size, b"\0"), np.uint8)
    places = np.flatnonzero(old != new)
    ends = np.flatnonzero(np.diff(places) > 64)
    starts = places[np.r_[0, ends + 1]]
    return [(int(a), int(b) + 1) for a, b in zip(starts, places[np.r_[ends, len(places) - 1]], strict=True)]


def check_accepted(path: Path) -> H5SaverLowLevel:
    with DataLoader(path) as loader:
        for number in range(ACCEPTED):
            loaded = loader.load_data(f"/RawData/Group{number % 3}/Data{number // 3:02d}")
            np.testing.assert_array_equal(loaded[0], np.full(10, float(number)))
            assert loaded.name == f"data {number}"
        return loader.h5saver


@pytest.mark.parametrize("change", CHANGES)
def test_whichever_part_of_a_flush_was_written_all_accepted_before_is_there(
    tmp_path: Path, change: Callable[[H5SaverLowLevel], None]
) -> None:
    path = tmp_path / "a.h5"
    journal = Path(f"{path}.journal")
    h5 = a_file(path)
    before = path.read_bytes()
    change(h5)
    shutil.copy(journal, tmp_path / "journal")
    h5.session.file.flush()
    after = path.read_bytes()
    h5.close_file()
    assert not journal.exists()
    differences = runs(before, after)
    assert len(differences) > 3
    size = max(len(before), len(after))
    for seed in range(3):
        rng = random.Random(seed)
        torn = bytearray(before.ljust(size, b"\0"))
        for start, stop in differences:
            if rng.random() < 0.5:
                torn[start:stop] = after.ljust(size, b"\0")[start:stop]
        with path.open("r+b") as file:  # the journal goes by the file itself, not by its name
            file.write(torn)
            file.truncate(size)
        shutil.copy(tmp_path / "journal", journal)
        recovery = check_accepted(path).recovery
        assert recovery is not None
        assert recovery.restored > 2
        assert "were put back" in str(recovery)
        assert not journal.exists()
        check_accepted(path)


def test_what_was_flushed_is_not_put_back(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    h5 = a_file(path)
    groups_in_groups(h5)
    h5.flush()
    shutil.copy(f"{path}.journal", tmp_path / "journal")
    h5.close_file()
    shutil.copy(tmp_path / "journal", f"{path}.journal")
    with DataLoader(path) as loader:
        assert loader.h5saver.recovery is None
        assert "Array" in loader.get_node("/RawData/New07")


@pytest.mark.parametrize("damage", ["another file", "cut", "changed", "empty", "text"])
def test_a_journal_that_is_not_this_files_is_not_used(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.h5"
    h5 = a_file(path)
    groups_in_groups(h5)
    shutil.copy(f"{path}.journal", tmp_path / "journal")
    h5.flush()
    h5.close_file()
    content = (tmp_path / "journal").read_bytes()
    match damage:
        case "another file":
            shutil.copy(path, tmp_path / "b.h5")
            path = tmp_path / "b.h5"
        case "cut":
            content = content[: len(content) // 2]
        case "changed":
            content = content[:100] + bytes([content[100] ^ 1]) + content[101:]
        case "empty":
            content = b""
        case "text":
            content = b"notes of mine, in a file of an unlucky name; longer than the head of a journal"
    Path(f"{path}.journal").write_bytes(content)
    with DataLoader(path) as loader:
        assert loader.h5saver.recovery is None
        assert "Array" in loader.get_node("/RawData/New07")
    check_accepted(path)


def test_files_in_hdf5s_newest_format_are_written_as_before(tmp_path: Path) -> None:
    import h5py

    path = tmp_path / "latest.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file.create_group("RawData")
    with H5SaverLowLevel() as h5:
        h5.init_file(path)
        DataSaverLoader(h5).add_data("/RawData", DataRaw("d", data=[np.arange(4.0)]))
    with DataLoader(path) as loader:
        np.testing.assert_array_equal(loader.load_data("/RawData/Data00")[0], np.arange(4.0))
