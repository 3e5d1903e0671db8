"""The small versions of benchmarks/kill.py and benchmarks/fuzz_loader.py, the same ones in every run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", str(BENCHMARKS / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_what_each_saver_accepted_before_a_kill_is_there(tmp_path: Path) -> None:
    ended = run("kill.py", "14", "--each", "1", "--seed", "5", "--without-pymodaq", "--keep", str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "14 kills" in ended.stdout


def test_what_a_second_writer_accepted_in_a_killed_ones_file_is_there(tmp_path: Path) -> None:
    ended = run("kill.py", "2", "--only", "DataToExportExtended", "--without-pymodaq", "--keep", str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 kills" in ended.stdout


def test_damaged_and_hostile_files_are_errors_or_data(tmp_path: Path) -> None:
    ended = run("fuzz_loader.py", "6", "--seed", "11", "--keep", str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "6 files, 0 failures" in ended.stdout
