"""Real old photographs with their true colours, from Prokudin-Gorskii's glass plates.

plates (reading, splitting) → alignment (of exposures) → borders (what they share) → quality (which
plates to leave out) → damage and verdicts (what one exposure shows and the others contradict) →
repair → pair → package (a dataset on disk), with sheets to look at.
"""
