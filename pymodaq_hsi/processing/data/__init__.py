"""Tables of the CIE: colour-matching functions of the standard observer, illuminant D65."""
