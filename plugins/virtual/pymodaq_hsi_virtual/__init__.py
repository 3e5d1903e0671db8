"""Virtual devices for pymodaq_hsi."""
