"""Every system behind one contract: grey photo and reference in, colour photo out."""
