"""Copies of files: whole ones, and of the nodes that can still be read."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from h5modules.errors import FileExists, WriteFailed

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["copy_bytes"]


def copy_bytes(source: Path, target: Path, *, overwrite: bool = False) -> None:
    """Copy a file; the target is there whole, or not at all.

    Raises
    ------
    FileExists, WriteFailed
    """
    if target.exists() and not overwrite:
        raise FileExists(
            f"{target} is there already and is kept; give another name or pass overwrite=True", path=target
        )
    partial = target.with_name(target.name + ".partial")
    try:
        shutil.copyfile(source, partial)
        os.replace(partial, target)
    except OSError as exc:
        partial.unlink(missing_ok=True)
        raise WriteFailed(f"cannot copy {source} to {target}: {exc.strerror}", path=target, errno=exc.errno) from exc
