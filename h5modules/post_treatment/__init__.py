"""The place where PyMoDAQ's scripts look for processors; they are `h5modules.data.processors`."""
