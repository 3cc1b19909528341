"""Which pictures of a section are missing, in a sentence or two for all of its photos."""

from romnet_bench.report.page.choices import list_outputs
from romnet_bench.report.page.section import Section


def describe_missing(section: Section) -> list[str]:
    """What the reader should know before looking at the photos; nothing if all pictures are there.

    A method of which no photo has an output is told from one that lacks some.
    """
    return [*_describe_photos(section), *_describe_outputs(section)]


def _describe_photos(section: Section) -> list[str]:
    reasons = [entry.trouble for entry in section.entries if entry.trouble]
    all_photos = len(section.entries)
    if len(reasons) < 2:  # one photo says it itself
        return []
    count = "No photo has" if len(reasons) == all_photos else f"{len(reasons)} of {all_photos} lack"
    why = f": {reasons[0].rstrip('.')}." if len(set(reasons)) == 1 else "; each says why."
    return [f"{count} pictures{why}"]


def _describe_outputs(section: Section) -> list[str]:
    entries = [entry for entry in section.entries if entry.shots]
    methods = list_outputs(section)
    lacking = {
        label: sum(not entry.shots[place].full for entry in entries)
        for place, label in enumerate(methods, start=1)
    }
    if not entries or not any(lacking.values()):
        return []
    if all(count == len(entries) for count in lacking.values()):
        return [
            "Not one output could be read: the files in the runs' folders “images” are missing or "
            "damaged. The numbers are not affected; only inputs and targets are shown."
        ]
    counts = [
        f"{label} ({'all' if count == len(entries) else f'{count} of'} {len(entries)})"
        for label, count in lacking.items()
        if count
    ]
    return [
        f"Outputs that could not be read, because the files are missing or damaged: "
        f"{', '.join(counts)}."
    ]
