"""Every example runs as it is, from another folder; the README's program is one of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
EXAMPLES = sorted((TOP / "examples").glob("*.py"))
SAID = {"main_job": "(400, 640, 224) nm", "stage_scan": "40 lines of 640 pixels and 224 bands"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(example: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(example)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert SAID[example.stem] in done.stdout


def test_the_programs_in_the_readme_run(tmp_path: Path) -> None:
    main_job, scan = re.findall(r"```python\n(.*?)```", (TOP / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(main_job.splitlines()) <= 35
    assert len(scan.splitlines()) <= 35
    example = (TOP / "examples" / "main_job.py").read_text(encoding="utf-8")
    statements = main_job.partition("\n\n")[2]  # below its imports it is the example, which is run above
    assert example.endswith(statements.replace('"cube.h5"', "path"))
    done = subprocess.run([sys.executable, "-"], input=scan, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "finished 6" in done.stdout
