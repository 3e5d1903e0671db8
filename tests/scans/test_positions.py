"""Named positions are kept in a file that several programs can share."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pymodaq_hsi.errors import OutputError, PositionError, PositionNotFound
from pymodaq_hsi.scans import Move, PositionMemory, ScanAxis, StepScan

if TYPE_CHECKING:
    from pathlib import Path

HOME = {"stage.Position": 0.0, "focus.Position": 1.25}
AWAY = {"stage.Position": 80.5, "focus.Position": -3.0}


@pytest.fixture
def memory(tmp_path: Path) -> PositionMemory:
    found = PositionMemory(tmp_path / "positions.toml")
    found.save("home", HOME)
    found.save("far away", AWAY)
    return found


def test_positions_are_there_for_the_next_program(memory: PositionMemory) -> None:
    again = PositionMemory(memory.path)
    assert again.names() == ["home", "far away"]
    assert again.positions() == {"home": HOME, "far away": AWAY}
    assert again.load("home") == HOME
    assert again.value("far away", "stage.Position") == 80.5


def test_a_memory_without_a_file_is_empty(tmp_path: Path) -> None:
    memory = PositionMemory(tmp_path / "none.toml")
    assert memory.names() == []
    with pytest.raises(PositionNotFound, match=r"there is no position 'home' in .*there are: none"):
        memory.load("home")
    assert not memory.path.exists()


def test_a_position_is_not_replaced_unless_asked(memory: PositionMemory) -> None:
    with pytest.raises(PositionError, match="there is a position 'home' in"):
        memory.save("home", AWAY)
    assert memory.load("home") == HOME
    memory.save("home", AWAY, overwrite=True)
    assert memory.load("home") == AWAY
    assert memory.names() == ["home", "far away"]


def test_positions_are_renamed_in_their_place_and_deleted(memory: PositionMemory) -> None:
    memory.rename("home", "Zuhause, 1.5 mm")
    assert memory.names() == ["Zuhause, 1.5 mm", "far away"]
    assert memory.load("Zuhause, 1.5 mm") == HOME
    with pytest.raises(PositionError, match="there is a position 'far away'"):
        memory.rename("Zuhause, 1.5 mm", "far away")
    memory.delete("far away")
    assert memory.names() == ["Zuhause, 1.5 mm"]
    for call in (lambda: memory.delete("far away"), lambda: memory.rename("far away", "x")):
        with pytest.raises(PositionNotFound, match=r"there are: 'Zuhause, 1\.5 mm'"):
            call()


@pytest.mark.parametrize(
    ("name", "position", "message"),
    [
        ("", HOME, "a position cannot be called ''"),
        ("  ", HOME, "cannot be called"),
        ("a\nb", HOME, "cannot be called"),
        ("x", {}, "has no values"),
        ("x", {"stage": 1.0}, "'stage' is not the name of a target"),
        ("x", {"stage.Position": float("nan")}, r"stage.Position = nan is refused; give a finite number"),
        ("x", {"stage.Position": "1"}, "= '1' is refused"),
        ("x", {"stage.Position": True}, "= True is refused"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_the_file_is_as_it_was(
    memory: PositionMemory, name: str, position: dict[str, Any], message: str
) -> None:
    before = memory.path.read_bytes()
    with pytest.raises(PositionError, match=message):
        memory.save(name, position)
    assert memory.path.read_bytes() == before


@pytest.mark.parametrize("text", ["a = ", "a = 1\n", "[a]\n'stage.Position' = 'x'\n", "[a]\n", "\x00"])
def test_a_file_that_is_damaged_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    memory = PositionMemory(tmp_path / "positions.toml")
    memory.path.write_text(text, encoding="utf-8")
    for call in (memory.names, lambda: memory.save("b", HOME), lambda: memory.delete("a")):
        with pytest.raises(PositionError, match=r"positions\.toml"):
            call()
    assert memory.path.read_text(encoding="utf-8") == text


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be changed now"):
        PositionMemory(tmp_path / "no" / "positions.toml").save("home", HOME)


def test_the_file_is_toml_that_a_person_can_write(memory: PositionMemory) -> None:
    assert tomllib.loads(memory.path.read_text(encoding="utf-8"))["home"] == HOME
    with memory.path.open("a", encoding="utf-8") as file:
        file.write('\n["by hand"]\n"stage.Position" = 3\n')
    assert memory.load("by hand") == {"stage.Position": 3.0}


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=20).filter(lambda name: name.isprintable() and name.strip()),
        st.floats(allow_nan=False, allow_infinity=False),
        min_size=1,
        max_size=5,
    )
)
def test_any_name_and_any_number_come_back(tmp_path_factory: pytest.TempPathFactory, values: dict[str, float]) -> None:
    memory = PositionMemory(tmp_path_factory.mktemp("memory") / "positions.toml")
    for name, value in values.items():
        memory.save(name, {"stage.Position": value})
    assert {name: memory.value(name, "stage.Position") for name in memory.names()} == values


def test_programs_that_save_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    program = (
        "import sys\nfrom pymodaq_hsi.scans.positions import PositionMemory\n"
        "for n in range(10): PositionMemory(sys.argv[1]).save(f'{sys.argv[2]}{n}', {'stage.Position': n})"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in "ab"]
    assert [each.wait(60) for each in running] == [0, 0]
    assert sorted(PositionMemory(path).names()) == sorted(f"{name}{n}" for name in "ab" for n in range(10))


def test_a_plan_takes_values_of_positions_for_axes_rows_and_moves(memory: PositionMemory) -> None:
    axes = [ScanAxis(target="stage.Position", values=[5.0, "home", "far away"])]
    plan = StepScan(axes=axes, before=[Move(to="home")], after=[Move(to="home")])
    found = plan.with_positions(memory)
    assert found.position_names == []
    assert [point.values["stage.Position"] for point in found.points()] == [5.0, 0.0, 80.5]
    assert found.before == found.after == (Move(to=HOME),)
    both = [ScanAxis(target="focus.Position"), ScanAxis(target="stage.Position")]
    rows = StepScan(axes=both, rows=["far away", (1.0, 2.0)], order="tabular").with_positions(memory)
    assert rows.rows == ((-3.0, 80.5), (1.0, 2.0))


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        (ScanAxis(target="stage.Position", values=["nowhere"]), "there is no position 'nowhere'"),
        (
            ScanAxis(target="light.Intensity", values=["home"]),
            r"position 'home' in .* has no value for light.Intensity",
        ),
    ],
)
def test_a_name_that_is_not_kept_is_refused(memory: PositionMemory, axis: ScanAxis, message: str) -> None:
    with pytest.raises(PositionNotFound, match=message):
        StepScan(axes=[axis]).with_positions(memory)
