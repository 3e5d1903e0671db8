"""The driver process and the shared-memory ring.

Private to the package: applications use `pymodaq_hsi.devices`, driver authors `pymodaq_hsi.drivers`. Nothing is
imported here, so that a host process loads no more than it needs.
"""
