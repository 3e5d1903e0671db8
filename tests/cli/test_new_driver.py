"""``pymodaq-hsi new-driver``: what it writes is a package that is installed and passes its own tests at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ("camera", "spectrometer", "light", "stage")


def run(*words: str, cwd: Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if site is not None:
        environment |= {"PYTHONPATH": str(site), "PYMODAQ_HSI_BLOCKED_PLUGINS": "virtual"}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def new_driver(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run("-m", "pymodaq_hsi.cli", "new-driver", *words, cwd=cwd)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write a package of each kind, and install them where nothing else is."""
    folder = tmp_path_factory.mktemp("packages")
    site = tmp_path_factory.mktemp("site")
    for kind in KINDS:
        done = new_driver(f"new-{kind}", "--kind", kind, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert f"New{kind.capitalize()}" in done.stdout
    done = run(
        *(
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "--no-warn-script-location",
        ),
        *("--target", str(site)),
        *(str(folder / f"new-{kind}") for kind in KINDS),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder, site


@pytest.mark.parametrize("kind", KINDS)
def test_the_installed_package_passes_its_own_tests(packages: tuple[Path, Path], kind: str) -> None:
    folder, site = packages
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=folder / f"new-{kind}", site=site)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_installed_packages_are_listed(packages: tuple[Path, Path]) -> None:
    folder, site = packages
    done = run("-m", "pymodaq_hsi.cli", "plugins", "--json", cwd=folder, site=site)
    listed = {plugin["name"]: plugin for plugin in json.loads(done.stdout)["plugins"]}
    assert {name: plugin["state"] for name, plugin in listed.items()} == {f"new-{kind}": "OK" for kind in KINDS}
    assert listed["new-light"]["drivers"][0]["name"] == "NewLight"
    assert listed["new-light"]["version"] == "0.1.0"


@pytest.mark.parametrize(
    "name",
    ["", "../up", "/abs", "a b", "1st", "class", "numpy", "con", "a" * 51, "x-", "a--b", "ä", "a.b", "virtual"],
)
def test_a_name_that_no_package_can_have_is_refused(name: str, tmp_path: Path) -> None:
    done = new_driver("--", name, cwd=tmp_path)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "my-camera" in done.stderr or "give another name" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "my-lamp").mkdir()
    (tmp_path / "my-lamp" / "work.py").write_text("precious")
    done = new_driver("my-lamp", cwd=tmp_path)
    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert [path.name for path in (tmp_path / "my-lamp").iterdir()] == ["work.py"]
    done = new_driver("my-lamp", "--kind", "light", "--output", "missing/lamp", cwd=tmp_path)
    assert done.returncode == 1
    assert "make the folder above it first" in done.stderr
    done = new_driver("my_Lamp", "--kind", "light", "--output", "lamp", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "lamp" / "my_lamp" / "driver.py").is_file()
