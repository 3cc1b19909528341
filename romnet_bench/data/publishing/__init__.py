"""A dataset's folder → a dataset on the Hub.

publish (the whole): rights → repository (which files) → checks (of every picture) → upload, whose
errors are one sentence.
"""
