"""The programs in the documents run, one after the other in one folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
# each in a namespace of its own; one process imports once
RUN = """
import gc, runpy, sys
for path in sys.argv[1:]:
    runpy.run_path(path, run_name="__main__")
    gc.collect()  # an application of Qt that goes later takes the next program's objects with it
    print("\\f")
"""


@pytest.mark.parametrize(
    "document",
    ["images.md", "references.md", "fluxengine.md", "saving.md", "storage.md", "processing.md", "large.md", "envi.md"],
)
def test_the_programs_in_the_document_run(document: str, tmp_path: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", (DOCS / document).read_text(encoding="utf-8"), re.DOTALL)
    assert programs
    paths = [tmp_path / f"program{number}.py" for number in range(len(programs))]
    for path, program in zip(paths, programs, strict=True):
        path.write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, paths)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.split("\f")[:-1]
    assert [bool(text.strip()) for text in said] == [True] * len(programs), done.stdout
