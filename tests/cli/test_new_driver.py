"""``pymodaq-hsi new-driver``: what it writes is a package that is installed and passes its own tests at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from pymodaq_hsi.cli import main
from pymodaq_hsi.cli.new_driver import check_name, write_package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., tuple[str, str]]

KINDS = ("camera", "spectrometer", "light", "stage")


def run(*words: str, cwd: Path, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # none is needed, some load for seconds
    if site is not None:
        environment |= {"PYTHONPATH": str(site), "PYMODAQ_HSI_BLOCKED_PLUGINS": "virtual"}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def new_driver(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run("-m", "pymodaq_hsi.cli", "new-driver", *words, cwd=cwd)


BUILD = """
import os, sys
from setuptools.build_meta import build_wheel
wheels, *packages = sys.argv[1:]  # it writes into sys.argv
for package in packages:
    os.chdir(package)
    build_wheel(wheels)
"""


def install(packages: list[Path], site: Path) -> None:
    """Install packages where nothing else is: with their wheels, as pip does, without the seconds that pip takes."""
    wheels = site.with_name("wheels")
    done = run("-c", BUILD, str(wheels), *map(str, packages), cwd=site.parent)
    assert done.returncode == 0, done.stderr
    found = sorted(wheels.glob("*.whl"))
    assert len(found) == len(packages)
    for wheel in found:
        zipfile.ZipFile(wheel).extractall(site)


def test_the_installed_packages_pass_their_own_tests(tmp_path: Path) -> None:
    packages = [tmp_path / f"new-{kind}" for kind in KINDS]
    for kind, package in zip(KINDS, packages, strict=True):
        write_package(check_name(package.name), kind, package)
    install(packages, tmp_path / "site")
    words = ("-m", "pytest", "-v", "-p", "no:cacheprovider", "--import-mode=importlib")
    done = run(*words, *(str(package / "tests") for package in packages), cwd=tmp_path, site=tmp_path / "site")
    assert done.returncode == 0, done.stdout + done.stderr
    ran = [line for line in done.stdout.splitlines() if " PASSED" in line]
    for kind in KINDS:
        assert sum(f"[New{kind.capitalize()}-" in line for line in ran) > 10, done.stdout


def test_a_package_that_pip_has_installed_is_listed(tmp_path: Path) -> None:
    done = new_driver("new-light", "--kind", "light", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "NewLight" in done.stdout
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--no-warn-script-location", "--target")
    done = run("-m", "pip", "install", *options, "site", "./new-light", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run("-m", "pymodaq_hsi.cli", "plugins", "--json", cwd=tmp_path, site=tmp_path / "site")
    (listed,) = json.loads(done.stdout)["plugins"]
    assert (listed["name"], listed["state"], listed["version"]) == ("new-light", "OK", "0.1.0")
    assert listed["drivers"][0]["name"] == "NewLight"


@pytest.mark.parametrize(
    "name",
    [
        *("", "../up", "/abs", "a b", "1st", "class", "numpy", "con", "a" * 51, "x-", "a--b", "ä", "a.b", "virtual"),
        *(
            "none",
            "True",
            "device-info",
            "lookup-error",
            "build",
            "test",
            "pymodaq_hsi_virtual",
            "xdist",
            "pytest-xdist",
        ),
    ],
)
def test_a_name_that_no_package_can_have_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["new-driver", "--", name])
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert "error: " in said
    assert "my-camera" in said or "give another name" in said
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_never_touched(tmp_path: Path, command: Command) -> None:
    (tmp_path / "my-lamp").mkdir()
    (tmp_path / "my-lamp" / "work.py").write_text("precious")
    _, errors = command("new-driver", "my-lamp", cwd=tmp_path, code=1)
    assert "exists already" in errors
    assert [path.name for path in (tmp_path / "my-lamp").iterdir()] == ["work.py"]
    words = ("new-driver", "my-lamp", "--kind", "light", "--output", "missing/lamp")
    _, errors = command(*words, cwd=tmp_path, code=1)
    assert "make the folder above it first" in errors
    command("new-driver", "my_Lamp", "--kind", "light", "--output", "lamp", cwd=tmp_path)
    assert (tmp_path / "lamp" / "my_lamp" / "driver.py").is_file()
