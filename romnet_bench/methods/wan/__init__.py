"""Wan et al., "Bringing Old Photos Back to Life" (CVPR 2020): the global stage, without faces."""
