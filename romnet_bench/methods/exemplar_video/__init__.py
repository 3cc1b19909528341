"""Zhang et al. 2019, "Deep Exemplar-based Video Colorization": the paper's [14]."""
