"""Hyperspectral acquisition: drivers, devices, calibration, recording."""
