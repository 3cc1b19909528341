"""Outputs scored under one protocol, one row a photo."""
