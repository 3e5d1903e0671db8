"""docs/station.md says what is true."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from pymodaq_hsi.station import Station, StationApi
from pymodaq_hsi.station.folder import FOLDER

TEXT = (Path(__file__).parents[2] / "docs" / "station.md").read_text(encoding="utf-8")


def test_the_programs_in_the_document_run_one_after_the_other(tmp_path: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(programs) == 4
    program = "\n".join(programs)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-"],
        input=program,
        cwd=tmp_path,
        env=os.environ | {FOLDER: str(tmp_path / "stations")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "finished 5" in done.stdout
    assert "20 points in" in done.stdout
    assert not done.stderr


def test_the_document_has_every_command_and_who_may_give_it() -> None:
    rows = {"read": "everybody", "write": "who has control", "safety": "everybody, at any time"}
    with Station() as station:
        commands = station.commands
    for right, title in rows.items():
        (row,) = re.findall(rf"^\| {title} \| (.*) \|$", TEXT, re.MULTILINE)
        named = set(re.findall(r"`(\w+)`", row))
        assert named == {name for name, needed in commands.items() if needed == right}
    methods = set(dir(StationApi)) | {"ping", "wait_job", "cancel_job"}
    assert set(commands) <= methods, "each is a method too"
