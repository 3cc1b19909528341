"""Colour references for grey photographs, ranked."""
