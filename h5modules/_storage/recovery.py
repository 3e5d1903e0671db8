"""Opening a file whose writer was killed: what counts is kept, what does not is cut, and a report says so.

A file has a mark while frames are appended to it (`session.MARK`). One that has it when it is opened, and that nobody
is writing, was not closed. Its indexes say what counts:

- arrays have just that: nothing is to be done;
- arrays lack the last of it, because the writer was killed before HDF5 noted it: it is written again, from the place
  in the file that the index noted, verified by CRC;
- arrays have more, because the writer was killed within an append: it is cut;
- HDF5 cannot find its way in an array, because the writer was killed while HDF5 divided a node of its tree of chunks:
  the file is written anew, with rows that HDF5 lost taken from the places that the index noted, and takes the place of
  the damaged one when it is complete.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import tables

from h5modules._storage.copying import copy_bytes
from h5modules._storage.examine import Finding, IndexedArray, examine
from h5modules._storage.index import POSITION
from h5modules._storage.journal import roll_back
from h5modules._storage.nodes import Attributes
from h5modules._storage.opening import exclusive
from h5modules._storage.rebuild import rebuild
from h5modules._storage.session import Session, marked_indexes, open_for_writing
from h5modules.errors import FileError, FileLocked, FileUnreadable, WriteFailed

if TYPE_CHECKING:
    from pathlib import Path

    from h5modules._storage.opening import Mode

__all__ = ["RecoveryReport", "open_recovered"]

logger = logging.getLogger("h5modules")

_BACKUP = ".before-repair"
_PARTIAL = ".rebuilding"


@dataclass(frozen=True)
class RecoveryReport:
    """What was found in a file whose writer had been killed, and what was done.

    Attributes
    ----------
    path : str
        The file.
    action : {"none", "hidden", "mended", "rebuilt", "unrepaired"}
        Nothing had to be done; rows that are not complete are not shown, because the file may not be written; they
        were completed or cut; the file was written anew; it is damaged, and could not be written anew.
    accepted : dict of str to int
        Rows or points that count, by the path of their index.
    completed : int
        Rows of arrays that HDF5 did not have, and has now.
    cut : dict of str to int
        Rows that did not count, by array.
    lost : list of str
        What could not be read any more.
    restored : int
        Blocks of the file's structure that were half changed, and were put back as they were before.
    """

    path: str
    action: Literal["none", "hidden", "mended", "rebuilt", "unrepaired"]
    accepted: dict[str, int] = field(default_factory=dict)
    completed: int = 0
    cut: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    restored: int = 0

    def __str__(self) -> str:
        done = {
            "none": "all of it is whole",
            "hidden": "rows that are not complete are not shown; opening it where it may be written mends it",
            "mended": f"{self.completed} rows were completed and {sum(self.cut.values())} cut, which did not count",
            "rebuilt": f"it was damaged and written anew, with {self.completed} rows that HDF5 had lost",
            "unrepaired": "it is damaged, and could not be written anew here: open it where it may be written",
        }[self.action]
        counts = ", ".join(f"{path.rpartition('/')[0]}: {count}" for path, count in self.accepted.items())
        lost = f"; lost: {', '.join(self.lost)}" if self.lost else ""
        if self.restored:
            done = f"{self.restored} blocks that it had begun to change were put back; {done}"
        return f"{self.path} was not closed by its writer; {done}. Accepted: {counts or 'nothing'}{lost}"


def open_recovered(path: Path, mode: Mode, **options: Any) -> tuple[Session, RecoveryReport | None]:
    """Open a file, and put it right first if its writer was killed.

    Raises
    ------
    FileLocked
        It is being written, by another process or by this one.
    NoSuchFile, FileReadOnly, FileUnreadable
    """
    live = open_for_writing(path)
    if live and mode != "r":
        raise FileLocked(
            f"{path} is open for writing in this process already; give the saver that H5SaverLowLevel instead of the "
            f"path",
            path=path,
        )
    restored = 0 if live else _rolled_back(path)
    session = Session.open(path, mode, **options)
    marked = [] if live else marked_indexes(session)
    if not marked:
        if not restored:
            return session, None
        report = RecoveryReport(str(path), "mended", restored=restored)
        logger.warning("%s", report)
        return session, report
    findings, unreadable = _examine_all(session, marked)
    if unreadable or any(finding.broken for finding in findings):
        session, report = _rebuilt(session, path, mode, findings, unreadable, options)
    elif all(finding.sound for finding in findings):
        report = RecoveryReport(str(path), "none", _accepted(findings))
        if session.writable:
            session.unmark()
    elif session.writable:
        report = _mended(session, path, findings)
    elif _may_write(path):
        session.close()
        writable = Session.open(path, "r+")
        try:
            report = _mended(writable, path, _examine_all(writable, marked)[0])
        finally:
            writable.close()
        session = Session.open(path, mode, **options)
    else:
        for finding in findings:
            if finding.grows:
                session.rows |= {array.path: finding.whole for array in finding.arrays}
        report = RecoveryReport(str(path), "hidden", _accepted(findings), cut=_extra(findings))
    if restored:
        report = replace(report, restored=restored, action="mended" if report.action == "none" else report.action)
    logger.log(logging.INFO if report.action == "none" else logging.WARNING, "%s", report)
    return session, report


def _rolled_back(path: Path) -> int:
    """Put back what a killed writer has half changed, if this process may."""
    if not _locks_tell():
        return 0
    try:
        return roll_back(path)
    except (FileLocked, OSError) as exc:
        logger.debug("the journal of %s is left to whoever may write it: %s", path, exc)
        return 0


def _examine_all(session: Session, marked: list[str]) -> tuple[list[Finding], list[str]]:
    findings, unreadable = [], []
    for index_path in marked:
        try:
            findings.append(examine(session, index_path))
        except (
            tables.HDF5ExtError,
            tables.NodeError,
            OSError,
            ValueError,
            KeyError,
            IndexError,
            AttributeError,
        ) as exc:
            logger.warning("%s of %s cannot be read: %s", index_path, session.path, exc)
            unreadable.append(index_path)
    return findings, unreadable


def _accepted(findings: list[Finding]) -> dict[str, int]:
    return {finding.index.path: finding.accepted for finding in findings}


def _extra(findings: list[Finding]) -> dict[str, int]:
    cut = {path: count for finding in findings for path, count in finding.extra.items()}
    marks = {finding.mask.path: len(finding.stray) for finding in findings if finding.mask and finding.stray}
    return cut | marks


def _may_write(path: Path) -> bool:
    """Whether the file may be changed: its owner allows it, and nobody holds it open."""
    return _locks_tell() and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _locks_tell() -> bool:
    """Whether a file that nobody has locked is one that nobody writes."""
    return os.environ.get("HDF5_USE_FILE_LOCKING", "TRUE").upper() not in ("FALSE", "0", "BEST_EFFORT")


def _mended(session: Session, path: Path, findings: list[Finding]) -> RecoveryReport:
    """Complete rows that count, and cut those that do not.

    A copy of the file as it was is kept until that is done, unless rows only have to be appended.
    """
    backup = path.with_name(path.name + _BACKUP)
    appending = all(
        not (finding.extra or finding.stray or finding.unmarked)
        and all(
            finding.index.leaf[k, POSITION] >= array.scan[0]
            for array in finding.arrays
            if array.grows
            for k in finding.missing.get(array.path, ())
        )
        and finding.grows
        for finding in findings
    )
    if not appending:
        try:
            copy_bytes(path, backup, overwrite=True)
        except WriteFailed as exc:
            logger.warning("no copy of %s is kept while it is mended: %s", path, exc)
    completed, lost = 0, list[str]()
    for finding in findings:
        completed += _complete(finding, session, lost)
        if finding.mask is not None:
            for mark, positions in ((0, finding.stray), (1, finding.unmarked)):
                for position in positions:
                    finding.mask.leaf[finding.mask.point(position)] = mark
    session.commit(force=True)
    session.unmark()
    backup.unlink(missing_ok=True)
    return RecoveryReport(str(path), "mended", _accepted(findings), completed, _extra(findings), lost)


def _complete(finding: Finding, session: Session, lost: list[str]) -> int:
    """Write what is missing of one index's arrays, and cut what is too much; return how many rows were written."""
    found: list[tuple[IndexedArray, Any, bytes, int]] = []
    gone: set[int] = set()
    fd = session.file.fileno()
    for array in finding.arrays:
        for k in finding.missing.get(array.path, ()):
            row = finding.index.leaf[k]
            content = array.content_by_hint(row, fd)
            if content is None:
                gone.add(k)
            else:
                found.append((array, row, content, k))
    if gone and max(gone) == finding.index.count - 1:
        # rows at the end that are nowhere: their append had not returned
        keep = min(k for k in gone if set(range(k, finding.index.count)) <= gone)
        _drop(finding, keep)
        gone = {k for k in gone if k < keep}
        found = [entry for entry in found if entry[3] < keep]
    lost += [f"row {k + 1} of {finding.index.path}" for k in sorted(gone)]
    for array in finding.arrays:
        if array.grows and array.scan[0] != finding.accepted:
            array.leaf.truncate(finding.accepted)
    written = 0
    for array, row, content, _ in found:
        if not array.grows or int(row[POSITION]) < finding.accepted:
            array.store(array.leaf, row, content)
            written += 1
    return written


def _drop(finding: Finding, keep: int) -> None:
    """Keep that many rows of an index; points of a scan that had no other row are free again."""
    positions = [int(position) for position in finding.index.leaf[: finding.index.count, POSITION]]
    finding.index.truncate(keep)
    if finding.grows:
        finding.accepted -= len(positions) - keep
        return
    free = set(positions[keep:]) - set(positions[:keep])
    finding.accepted -= len(free)
    marked = free - set(finding.unmarked)
    finding.unmarked = [position for position in finding.unmarked if position not in free]
    finding.stray = sorted({*finding.stray, *marked})


def _rebuilt(
    session: Session, path: Path, mode: Mode, findings: list[Finding], unreadable: list[str], options: dict[str, Any]
) -> tuple[Session, RecoveryReport]:
    """Write the file anew, and put it in the place of the damaged one."""
    accepted, extra = _accepted(findings), _extra(findings)
    if not (session.writable or _may_write(path)):
        return session, RecoveryReport(str(path), "unrepaired", accepted, cut=extra, lost=unreadable)
    partial = path.with_name(path.name + _PARTIAL)
    try:
        title = str(Attributes(session.file.root).get("TITLE", ""))
        result = rebuild(session.file, partial, findings, title=title)
    except (FileError, OSError, tables.HDF5ExtError) as exc:
        partial.unlink(missing_ok=True)
        logger.warning("%s could not be written anew: %s", path, exc)
        return session, RecoveryReport(str(path), "unrepaired", accepted, cut=extra, lost=unreadable)
    lost = [*unreadable, *result.lost]
    session.abandon()
    try:
        with exclusive(path):
            if lost:
                os.replace(path, path.with_name(path.name + _BACKUP))
            os.replace(partial, path)
    except OSError as exc:
        raise FileUnreadable(
            f"{path} is damaged; what could be read of it is in {partial}, which could not be moved to its place: "
            f"{exc}",
            path=path,
        ) from exc
    report = RecoveryReport(str(path), "rebuilt", accepted, result.rescued, extra, lost)
    return Session.open(path, mode, **options), report
