"""Benchmark and dataset toolkit for restoring and colourising old photographs."""

__version__ = "0.1.0"
