"""InstColorization (Su et al., CVPR 2020): objects coloured each by itself, then blended."""
