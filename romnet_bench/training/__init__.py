"""What every training here shares: exact resume, interrupts, the log, pairs of photos."""
