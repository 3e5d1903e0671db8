"""The programs in the documents run, one after the other in one folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENTS = ["images", "references", "fluxengine", "saving", "storage", "processing", "large", "envi"]
# each program in a namespace of its own, each document in a folder of its own; one process imports once
RUN = """
import gc, os, runpy, sys
for path in sys.argv[1:]:
    os.chdir(os.path.dirname(path))
    runpy.run_path(path, run_name="__main__")
    gc.collect()  # an application of Qt that goes later takes the next program's objects with it
    print("\\f", path, flush=True)
"""


def test_the_programs_in_the_documents_run(tmp_path: Path) -> None:
    paths = []
    for document in DOCUMENTS:
        programs = re.findall(r"```python\n(.*?)```", (DOCS / f"{document}.md").read_text(encoding="utf-8"), re.DOTALL)
        assert programs, document
        (tmp_path / document).mkdir()
        for number, program in enumerate(programs):
            paths.append(tmp_path / document / f"program{number}.py")
            paths[-1].write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, paths)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = re.findall(r"(.*?)\f ([^\n]*)\n", done.stdout, re.DOTALL)
    assert [path for _, path in said] == [str(path) for path in paths]
    assert [path for text, path in said if not text.strip()] == []
