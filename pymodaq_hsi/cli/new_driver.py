"""``pymodaq-hsi new-driver``: a complete plugin package to begin with."""

from __future__ import annotations

import builtins
import keyword
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

import click

from pymodaq_hsi import drivers
from pymodaq_hsi.cli.output import Report
from pymodaq_hsi.devices import installed_plugins
from pymodaq_hsi.errors import OutputError, OutputExists

__all__ = ["new_driver"]

KINDS = ("camera", "spectrometer", "light", "stage")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*")
_LONGEST_NAME = 50
_DEVICE_NAMES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_TAKEN = {"pymodaq_hsi", "pymodaq_hsi_virtual", "h5modules", "driver", "plugin", "conftest"}
_FOLDERS = {"build", "dist", "setup", "test", "tests"}
"""What Python's tools make or look for in a package's folder."""


@click.command("new-driver")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), default="camera", show_default=True, help="What is driven.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to make; by default one with the name, here. It must not be there yet.",
)
def new_driver(name: str, kind: str, output: Path | None) -> None:
    """Write a plugin package with a driver that passes its tests, to put your hardware in.

    NAME is what the package is called, for example my-camera.
    """
    distribution = check_name(name)
    folder = (output or Path(distribution)).absolute()
    write_package(distribution, kind, folder)
    report = Report(as_json=False)
    report.say(f"{folder}: a plugin with the driver {class_name(distribution)}. Next:")
    report.say(f'    pip install -e "{folder}[test]"')
    report.say(f'    pytest "{folder}"')


def check_name(name: str) -> str:
    """Return the name of the distribution.

    Raises
    ------
    click.UsageError
        It cannot be that of a package, or is that of another.
    """
    distribution = re.sub(r"[_-]+", "-", name).lower() if _NAME.fullmatch(name) else ""
    if not distribution or len(name) > _LONGEST_NAME:
        raise click.UsageError(
            f"{name[:80]!r} cannot be the name of a package: use up to {_LONGEST_NAME} letters, "
            "digits and single dashes, "
            "beginning with a letter, for example my-camera"
        )
    module = module_name(distribution)
    if any(distribution == entry.name or distribution == entry.distribution for entry in installed_plugins()):
        raise click.UsageError(f"a plugin {distribution!r} is installed already; give another name")
    words = {*keyword.kwlist, *keyword.softkwlist, *_TAKEN, *_FOLDERS, *_DEVICE_NAMES}
    kind = class_name(distribution)  # it stands beside what the driver imports
    if (
        module in words
        or kind in {*keyword.kwlist, *dir(builtins), *drivers.__all__}
        or _is_installed(distribution, module)
    ):
        raise click.UsageError(
            f"{name!r} means something else already; name it after the device, for example my-camera"
        )
    return distribution


def _is_installed(distribution: str, module: str) -> bool:
    """Return whether there is a package or module of that name; a folder that happens to lie here is none."""
    if module in sys.stdlib_module_names:
        return True
    found = find_spec(module)
    if found is not None and found.origin is not None:
        return True
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def module_name(distribution: str) -> str:
    """Return the name of the package to import."""
    return distribution.replace("-", "_")


def class_name(distribution: str) -> str:
    """Return the name of the driver and of its class."""
    return "".join(word.capitalize() for word in distribution.split("-"))


def write_package(distribution: str, kind: str, folder: Path) -> None:
    """Write the package into a new folder; what was begun is removed if it cannot be finished.

    Raises
    ------
    OutputExists
        The folder is there already; nothing was touched.
    OutputError
        It cannot be made or written.
    """
    module = module_name(distribution)
    words = {
        "distribution": distribution,
        "module": module,
        "driver": class_name(distribution),
        "title": distribution.replace("-", " ").capitalize(),
    }
    sources = {
        "setup.cfg": "setup.cfg",
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        f"{module}/__init__.py": "init.py",
        f"{module}/plugin.py": "plugin.py",
        f"{module}/driver.py": kind,
        "tests/test_conformance.py": "test_conformance.py",
    }
    templates = files("pymodaq_hsi.cli") / "templates"
    texts = {
        name: Template((templates / f"{source}.template").read_text(encoding="utf-8")).substitute(words)
        for name, source in sources.items()
    }
    try:
        folder.mkdir()
    except FileExistsError:
        raise OutputExists(f"{folder} exists already; give another name, or another folder with --output") from None
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {error.strerror or error}; make the folder above it first"
        ) from error
    try:
        for name, text in (texts | {f"{module}/py.typed": ""}).items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error
