"""Images one after the other in one file, found by number and by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from h5modules.images import _bleaching
from h5modules.images._finding import GROUP, SERIES
from h5modules.images._layouts import BACKGROUND, WHITE, new_group
from h5modules.images._members import FlimageMembers, Members, OwnMembers, is_series
from h5modules.images._meta import checked
from h5modules.images._parts import refuse_reading
from h5modules.images._store import Store, path_of
from h5modules.images.errors import ImageDataError, IntegrityError, NoImage, NoSuchImage, UnknownIdentifier
from h5modules.images.image import HSImage

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["HSSeries"]


class HSSeries:
    """A series of images (or cubes) in one file, or in memory.

    An image that `add_image` returned from is in the file, whatever happens to the process afterwards. Adding and
    looking up cost the same whether the series has ten images or ten thousand. Backgrounds and whites with the same
    content are stored once.

    Parameters
    ----------
    image_list : list of HSImage, optional
        Images to add.
    meta_data : mapping, optional
        Meta data for *all* images that are in the series then, over their own.
    h5file : path, optional
        The file; memory by default.
    h5mode : {"a", "r", "r+", "w", "x", "w-"}
        As for `HSImage`.
    identifier : str, optional
        A name for the series.

    Raises
    ------
    ImageDataError
        The list is none, or has something else than images in it.
    NoImage
        The file has no series.
    CannotStore
        Something is to be stored, and `h5mode` is "r".
    UnknownMetaKey, MetaDataInvalid, IdentifierTaken
    FileExists, NoSuchFile, FileLocked, FileReadOnly, FileUnreadable, WriteFailed

    Examples
    --------
    >>> import numpy as np
    >>> with HSSeries([HSImage(np.ones((4, 5)), meta_data={"identifier": "first"})]) as series:
    ...     number = series.add_image(HSImage(np.zeros((4, 5))), identifier="second")
    ...     print(number, series["second"] == series[1], "third" in series, len(series))
    1 True False 2
    """

    _image_type: type[HSImage] = HSImage

    def __init__(
        self,
        image_list: Iterable[HSImage] | None = None,
        meta_data: Mapping[str, object] | None = None,
        h5file: str | os.PathLike[str] | None = None,
        h5mode: str = "a",
        identifier: str | None = None,
    ) -> None:
        path = path_of(h5file)
        meta = checked(meta_data)
        images = _images(image_list)
        if identifier is not None:
            checked({"identifier": identifier})
        if "identifier" in meta:
            raise ImageDataError(
                "meta_data of a series goes to all of its images, and identifiers are unique: identifier=... names "
                "the series"
            )
        refuse_reading(
            h5mode if path else "", path, image_list=images or None, meta_data=meta or None, identifier=identifier
        )
        self._store = Store(path, h5mode)
        try:
            self._members = self._found()
            for image in images:
                self.add_image(image)
            for image in self if meta else ():
                image.update_meta(meta)
            if identifier is not None:
                self._set_identifier(identifier)
        except BaseException:
            self._store.close()
            raise

    def _found(self) -> Members:
        store = self._store
        if is_series(store, SERIES):
            return OwnMembers(store, SERIES)
        children = store.file.root._v_children
        if "fli_0" in children:
            return FlimageMembers(store)
        if "fluorescence" in children or store.child(*GROUP.rsplit("/", 1)) is not None:
            raise NoImage(f"{store.name} has one image in it, not a series: open it with HSImage", path=store.name)
        if not store.writable:
            there = ", ".join(sorted(children)) or "nothing"
            raise NoImage(f"{store.name} has no series in it; it has {there}", path=store.name)
        with store.change():
            new_group(store, SERIES, type="series")
        return OwnMembers(store, SERIES)

    def _own(self) -> OwnMembers:
        if not isinstance(self._members, OwnMembers):
            self._members.layout(0).check_writable()
        self._store.check_writable()
        assert isinstance(self._members, OwnMembers)  # the other kind has just refused
        return self._members

    # what it is

    @property
    def identifier(self) -> str | None:
        """The name of the series; None if it has none."""
        return self._members.attribute()

    @property
    def path(self) -> str | None:
        """The file that it is in; None for memory."""
        return None if self._store.path is None else str(self._store.path)

    @property
    def is_open(self) -> bool:
        """Whether its file is open."""
        return self._store.is_open

    def _set_identifier(self, identifier: str) -> None:
        members = self._own()
        with self._store.change():
            members.set_attribute(identifier)

    def __len__(self) -> int:
        with self._store.lock:
            self._store.check_open()
            return len(self._members)

    def __repr__(self) -> str:
        if not self.is_open:
            return f"<closed {type(self).__name__} of {self._store.name}>"
        name = f" <{self.identifier}>" if self.identifier else ""
        return f"{type(self).__name__}{name}, {len(self)} images, {self._store.name}"

    def __contains__(self, key: object) -> bool:
        with self._store.lock:
            self._store.check_open()
            return isinstance(key, str) and self._members.find(key) is not None

    def __iter__(self) -> Iterator[HSImage]:
        for number in range(len(self)):
            yield self._image(number)

    @overload
    def __getitem__(self, key: int | str) -> HSImage: ...
    @overload
    def __getitem__(self, key: slice) -> list[HSImage]: ...
    def __getitem__(self, key: int | str | slice) -> HSImage | list[HSImage]:
        count = len(self)
        if isinstance(key, slice):
            return [self._image(number) for number in range(*key.indices(count))]
        return self._image(self.index(key))

    def index(self, key: int | str) -> int:
        """Return the number of an image, counted from 0.

        Parameters
        ----------
        key : int or str
            Its number, from the end if negative, or its identifier.

        Raises
        ------
        NoSuchImage, UnknownIdentifier
        """
        count = len(self)
        if isinstance(key, str):
            with self._store.lock:
                number = self._members.find(key)
            if number is None:
                raise UnknownIdentifier(
                    f"the series in {self._store.name} has no image with the identifier {key!r} among its {count}",
                    path=self.path or "",
                )
            return number
        if isinstance(key, bool) or not isinstance(key, int | np.integer):
            raise ImageDataError(
                f"images of a series are found by number, identifier or slice, not by {type(key).__name__} {key!r:.60}"
            )
        if not -count <= key < count:
            raise NoSuchImage(
                f"image {key} was asked for, and the series in {self._store.name} has {count}, numbered from 0",
                path=self.path or "",
            )
        return int(key) % count

    def get_image(self, index: int | str) -> HSImage:
        """Return an image by number or identifier, as ``series[index]``."""
        return self._image(self.index(index))

    get_flimage = get_image

    def _image(self, number: int) -> HSImage:
        members = self._members
        with self._store.lock:
            if not isinstance(members, OwnMembers):
                return self._image_type.in_group(self._store, members.layout(number))

            def renamed(before: Any, after: Any) -> None:
                members.rename(number, before, after)

            return self._image_type.in_group(self._store, members.layout(number), renamed)

    # changes

    def add_image(self, image: HSImage, identifier: str | None = None) -> int:
        """Store an image with all that belongs to it; it is in the file when this returns. Threads take turns.

        Parameters
        ----------
        image : HSImage
        identifier : str, optional
            Its name in the series; that of its meta data by default.

        Returns
        -------
        int
            Its number.

        Raises
        ------
        ImageDataError
            It is no image.
        IdentifierTaken
        FileReadOnly, FileClosed, WriteFailed
            Nothing of it is in the series.
        """
        if not isinstance(image, HSImage):
            raise ImageDataError(
                f"add_image() takes an HSImage, not {type(image).__name__}: add_image(HSImage(data)) adds an array"
            )
        with self._store.lock:
            members = self._own()
            meta = dict(image.meta)
            if identifier is not None:
                meta |= checked({"identifier": identifier})
            if "identifier" in meta:
                members.refuse(meta["identifier"])
            parts: dict[str, Any] = {}
            if image.has_bg:
                parts[BACKGROUND] = np.asarray(image.bg)
            if image.has_white:
                parts[WHITE] = np.asarray(image.white)
            return members.add(image.raw, parts, meta, image.derived_crc())

    def add_flimage(self, fli: HSImage, identifier: str | None = None) -> int:
        """Store an image, as `add_image`."""
        return self.add_image(fli, identifier)

    def bleach_correction(
        self,
        h5out: str | os.PathLike[str] | None = None,
        border_px: int = 20,
        flscorr: HSSeries | None = None,
        count: Any = None,
        max_count: Any = None,
        *,
        strip: tuple[slice | int, ...] | None = None,
    ) -> _bleaching.BleachCorrection:
        """Correct for bleaching, or for the drift of a lamp: fit an exponential decay to the intensity over time.

        The background is the mean of the border of all images. The intensity of an image is the sum of what is above
        it; with `strip`, the mean of a part that shows a reference. An exponential and an offset are fitted to the
        intensities, and image k is multiplied by ``decay[0] / decay[k]``. A constant intensity gives 1.

        Parameters
        ----------
        h5out : path, optional
            A new file for the corrected series; one that is there is refused.
        border_px : int
            Width of the border in pixels.
        flscorr : HSSeries, optional
            Correct this series, of as many images, instead of this one (one that was denoised, say).
        count, max_count : objects with ``value``, optional
            Progress, as ``multiprocessing.Value``: what was done, what there is to do.
        strip : tuple of slice or int, optional
            Index of a part of each image that shows a reference of constant reflectance, for the drift of a lamp.
            No background is subtracted then.

        Returns
        -------
        BleachCorrection
            The tuple ``(bg, flint, decay, times)``; its `factors` are what images are multiplied by.

        Raises
        ------
        MetaDataMissingError
            An image has no "time".
        BleachFitError
            Fewer than three different times, or intensities that no decay fits.
        MissingLibrary
            scipy is not installed.
        """
        other = self if flscorr is None else flscorr
        found = _bleaching.fitted(self, other, border_px, strip, _bleaching.Progress(count, max_count))
        if h5out is not None:
            with type(self)(h5file=h5out, h5mode="x") as corrected:
                for k, image in enumerate(other):
                    data = (np.asarray(image.corrected) - found.bg) * found.factors[k]
                    corrected.add_image(self._image_type(data, meta_data=image.meta))
                    found.progress.step()
        return found

    # the file

    def check(self) -> int:
        """Verify all images, and that identifiers lead to them; return how many images were verified.

        Raises
        ------
        IntegrityError
            With all that is wrong in `.problems`.
        """
        problems: list[str] = []
        for number, image in enumerate(self):
            try:
                image.check()
                identifier = image.meta.get("identifier")
                if isinstance(self._members, OwnMembers) and identifier is not None:
                    at = self._members.find(identifier)
                    if at != number:
                        problems.append(f"image {number}: its identifier {identifier!r} leads to {at}")
            except IntegrityError as exc:
                problems += [f"image {number}: {problem}" for problem in exc.problems]
            except NoImage as exc:
                problems.append(f"image {number}: {exc}")
        if problems:
            raise IntegrityError(
                f"{len(problems)} things in {self._store.name} are not what was stored: {'; '.join(problems[:5])}",
                path=self.path or "",
                problems=tuple(problems),
            )
        return len(self)

    def close(self) -> None:
        """Close the file; nothing happens when it is closed. Images of the series are closed with it."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _images(image_list: Iterable[HSImage] | None) -> list[HSImage]:
    if image_list is None:
        return []
    if isinstance(image_list, str | bytes) or hasattr(image_list, "__fspath__"):
        raise ImageDataError(f"image_list is a list of images: did you mean h5file={image_list!r}?")
    if isinstance(image_list, HSImage | np.ndarray):
        raise ImageDataError(f"image_list is a list of images, not one {type(image_list).__name__}: give [image]")
    try:
        images = list(image_list)
    except TypeError as exc:
        raise ImageDataError(f"image_list is a list of images, not {type(image_list).__name__}") from exc
    for k, image in enumerate(images):
        if not isinstance(image, HSImage):
            raise ImageDataError(f"entry {k} of image_list is {type(image).__name__}, where an HSImage is expected")
    return images
