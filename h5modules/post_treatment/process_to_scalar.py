"""From a signal to one number for each navigation point, under the name that PyMoDAQ's scripts import."""

from __future__ import annotations

from h5modules.data.processors import PROCESSORS, DataProcessorFactory, Processor, process

__all__ = ["PROCESSORS", "DataProcessorFactory", "Processor", "process"]
