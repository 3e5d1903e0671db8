"""Arrays that a writer had only begun to make when it was killed: nothing is in them, and they are made anew."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from h5modules._storage.index import INDEX_NAME, MEASURED
from h5modules.backends import CARRAY, GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["clear_unfinished"]

logger = logging.getLogger("h5modules")

_ARRAYS = re.compile(r"(EnlData|Data|ErrorBar|Axis)\d{2,9}")


def clear_unfinished(group: GROUP, channels: Iterable[GROUP] = ()) -> None:
    """Remove arrays, index and mask that have nothing stored, if that is so for all of them.

    Savers make them together, just before they write the first row or point: where none has anything, none was
    accepted. Arrays of axes that have their points, and all that has another name, stay.

    Parameters
    ----------
    group : GROUP
        Where index and mask are.
    channels : iterable of GROUP
        Where else the arrays are.
    """
    places = [group, *(channel for channel in channels if channel != group)]
    nodes = [
        node
        for place in places
        for name, node in place.children().items()
        if isinstance(node, CARRAY) and (_ARRAYS.fullmatch(name) or name in (INDEX_NAME, MEASURED))
    ]
    for place in places[1:]:
        if not place.children_name() and "origin" not in place.attrs and not place.attrs.get("settings"):
            place.node._f_remove()  # a channel that was only begun: another one would be made beside it
    places = [place for place in places if place.node._v_isopen]
    empty = [node for node in nodes if node.node.size_on_disk == 0]
    if not empty or any(node not in empty and not node.name.startswith("Axis") for node in nodes):
        return
    logger.warning("%s has arrays that nothing was written to; they are made anew", group.path)
    for node in empty:
        node.node._f_remove()
    for place in places:
        if place != group and not place.children_name():
            place.node._f_remove()
