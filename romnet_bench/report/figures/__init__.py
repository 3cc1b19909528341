"""Figures for papers and for the page, one kind a module, all drawn on `Figure` objects."""
