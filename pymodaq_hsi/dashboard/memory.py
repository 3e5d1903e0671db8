"""What the window remembers from one start to the next: layout, theme, what panels want."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import platformdirs

__all__ = ["WindowMemory"]

_log = logging.getLogger(__name__)
_FOLDER = "PYMODAQ_HSI_DASHBOARD"


class WindowMemory:
    """A small JSON file in the user's configuration folder; the environment variable names another folder.

    A file that cannot be read counts as none, and one that cannot be written costs the layout only: the window works.
    """

    def __init__(self, name: str = "dashboard") -> None:
        folder = os.environ.get(_FOLDER) or platformdirs.user_config_dir("pymodaq_hsi", appauthor=False)
        self.path = Path(folder) / f"{name}.json"
        self._kept: dict[str, Any] = self._read()

    def get(self, key: str, default: Any = None) -> Any:
        """Return what was kept under a key."""
        return self._kept.get(key, default)

    def put(self, **values: Any) -> None:
        """Keep values, JSON data."""
        self._kept |= values

    def save(self) -> None:
        """Write all of it, whole or not at all."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps(self._kept, indent=1), encoding="utf-8")
            beside.replace(self.path)
        except (OSError, TypeError, ValueError) as error:
            _log.warning("the layout of the window cannot be saved to %s: %s", self.path, error)

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            _log.warning("the layout of the window in %s cannot be read, and is made anew: %s", self.path, error)
            return {}
        return found if isinstance(found, dict) else {}
