"""Photo sources and datasets on disk."""
