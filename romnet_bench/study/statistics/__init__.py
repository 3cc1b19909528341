"""What rankings say: who counts, shares, scores, pairs, agreement, and how sure all of it is."""
