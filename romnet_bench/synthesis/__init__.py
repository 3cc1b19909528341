"""Clean photographs in, degraded pairs out."""
