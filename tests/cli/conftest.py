"""The command line in the test's own process, where nothing that is tested needs another one: it saves the imports."""

from __future__ import annotations

import logging
import signal
from typing import TYPE_CHECKING

import pytest

from pymodaq_hsi.cli.app import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def command(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[str, str]]]:
    """Return a function that gives a command in a folder, expects an exit code, and returns stdout and stderr."""
    envi = logging.getLogger("pymodaq_hsi.envi")
    before = signal.getsignal(signal.SIGTERM), envi.level

    def give(*words: object, cwd: Path, code: int = 0) -> tuple[str, str]:
        monkeypatch.chdir(cwd)
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        said, errors = capfd.readouterr()
        assert ended.value.code == code, errors
        assert "Traceback" not in errors
        return said, errors

    yield give
    signal.signal(signal.SIGTERM, before[0])
    envi.setLevel(before[1])
