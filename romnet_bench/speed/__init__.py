"""How fast ROMNet is and how much memory it takes, on the machine at hand."""
