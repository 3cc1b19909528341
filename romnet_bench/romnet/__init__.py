"""ROMNet, read beside Fig. 2 of the paper."""
