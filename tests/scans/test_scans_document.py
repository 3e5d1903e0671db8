"""The document about plans says what is true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pymodaq_hsi.scans import StepScan, load_plan

TEXT = (Path(__file__).parents[2] / "docs" / "scans.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.splitlines()[-1])
def test_each_program_prints_what_stands_below_it(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(program, "docs/scans.md", "exec"), names)
    said = [line.removeprefix("# ") for line in program.splitlines() if line.startswith("# ")]
    assert said
    assert capsys.readouterr().out.splitlines() == said


def test_the_plan_in_toml_is_one() -> None:
    (toml,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    plan = load_plan(toml)
    assert isinstance(plan, StepScan)
    assert plan.scan_shape == (2, 11, 3, 4)
    assert str(plan.output.path(plan.name, 7)) == str(Path("data") / "leaf_0007.h5")
