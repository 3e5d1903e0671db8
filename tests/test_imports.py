"""What importing costs: no Qt, and h5modules alone is alone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def modules_after(statement: str) -> set[str]:
    program = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "statement",
    ["import pymodaq_hsi; [getattr(pymodaq_hsi, name) for name in pymodaq_hsi.__all__]", "import pymodaq_hsi.cli"],
)
def test_the_package_works_without_qt(statement: str) -> None:
    assert not [name for name in modules_after(statement) if name.startswith(("PyQt", "PySide", "pyqtgraph", "qtpy"))]


def test_h5modules_imports_nothing_of_pymodaq_hsi() -> None:
    loaded = modules_after("import h5modules, h5modules.data, h5modules.data_saving, h5modules.saving")
    assert not [name for name in loaded if name.startswith(("pymodaq_hsi", "PyQt"))]


def test_a_driver_imports_neither_files_nor_faces() -> None:
    loaded = modules_after("import pymodaq_hsi.drivers, pymodaq_hsi.hosting.host")
    assert not [name for name in loaded if name.startswith(("tables", "h5modules", "click", "rich", "PIL"))]
