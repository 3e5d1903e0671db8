"""How files are laid out, written and kept whole; private to h5modules."""
