"""Images and cubes with their corrections, and series of them, in HDF5 files or in memory.

===================  ====================================================================================
`HSImage`            one image or cube: raw data, background, white, meta data
`HSSeries`           many of them in one file, by number and by identifier; correction of bleaching and drift
`total_variation`    noise taken out of an image
`META_KEYS`          the meta data keys that are known, with units
`errors`             what can go wrong
===================  ====================================================================================

The idea and the names follow flimage; files that flimage wrote are read.
"""

from __future__ import annotations

from h5modules.images._bleaching import BleachCorrection, fit_exponential
from h5modules.images._denoising import total_variation
from h5modules.images._meta import DATA_KEYS, META_KEYS, MetaData, MetaKey
from h5modules.images._views import ImageView
from h5modules.images.errors import (
    BleachFitError,
    CannotStore,
    IdentifierTaken,
    ImageDataError,
    ImageIndexError,
    ImageShapeError,
    ImageWarning,
    IntegrityError,
    MetaDataError,
    MetaDataInvalid,
    MetaDataMissingError,
    NoImage,
    NoSuchImage,
    UnknownIdentifier,
    UnknownMetaKey,
)
from h5modules.images.image import HSImage
from h5modules.images.series import HSSeries

__all__ = [
    "DATA_KEYS",
    "META_KEYS",
    "BleachCorrection",
    "BleachFitError",
    "CannotStore",
    "HSImage",
    "HSSeries",
    "IdentifierTaken",
    "ImageDataError",
    "ImageIndexError",
    "ImageShapeError",
    "ImageView",
    "ImageWarning",
    "IntegrityError",
    "MetaData",
    "MetaDataError",
    "MetaDataInvalid",
    "MetaDataMissingError",
    "MetaKey",
    "NoImage",
    "NoSuchImage",
    "UnknownIdentifier",
    "UnknownMetaKey",
    "fit_exponential",
    "total_variation",
]
