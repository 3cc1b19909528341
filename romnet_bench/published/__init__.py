"""Weights that other systems' authors published: where they are, and that they stay the same."""
