"""The small versions of benchmarks/kill.py and benchmarks/fuzz_loader.py, the same ones in every run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", str(BENCHMARKS / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("kind", ["Enlargeable", "Extended", "Timed"])
def test_rows_and_points_accepted_before_a_kill_are_there(tmp_path: Path, kind: str) -> None:
    ended = run("kill.py", "6", "--only", kind, "--seed", "5", "--without-pymodaq", "--keep", str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "6 kills" in ended.stdout


def test_damaged_and_hostile_files_are_errors_or_data(tmp_path: Path) -> None:
    ended = run("fuzz_loader.py", "20", "--seed", "11", "--keep", str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "20 files, 0 failures" in ended.stdout
