"""RealOld, the paper's test set of real old photographs, from what its owners send by e-mail.

halves (which file is what) → pairs → checks (what is measured of each, kept in a journal) →
material (all that was sent) → verdicts (what is left out, what is flagged) → shards → report and
sheet, to look at → package (the whole).
"""
