"""Whose outputs people ranked: what the runs said of themselves when the study began."""

from romnet_bench.files import printable
from romnet_bench.study.answers import Answers
from romnet_bench.study.definition import Definition

_SHORT = 12  # signs of a SHA-256


def list_run_facts(definition: Definition) -> dict[str, str]:
    """For each method its pictures' SHA-256, and its run's protocol, method and notes.

    A study that an older romnet-bench began has the first alone.
    """
    facts = {
        f"outputs of {label}": digest
        for label, digest in zip(definition.methods, definition.outputs, strict=True)
    }
    for label, run in zip(definition.methods, definition.runs, strict=False):
        made = [f"{name} {value}" for name, value in run.fingerprint.items()]
        said = {
            "protocol": f"{run.protocol} ({run.protocol_hash})",
            "fingerprint": ", ".join(made),
            "notes": "; ".join(run.notes),
        }
        facts |= {f"{name} of {label}": printable(text) for name, text in said.items() if text}
    return facts


def remark_on_outputs(answers: Answers) -> list[str]:
    """Which outputs these are, and what a reader must know of each method."""
    digests = {
        label: answers.facts[f"outputs of {label}"][:_SHORT]
        for label in answers.methods
        if f"outputs of {label}" in answers.facts
    }
    lines = []
    if digests:
        names = ", ".join(f"“{label}” {digest}" for label, digest in digests.items())
        lines.append(f"Ranked were these outputs (the beginning of a SHA-256 over each): {names}")
    for label in answers.methods:
        if notes := answers.facts.get(f"notes of {label}"):
            lines.append(f"“{label}”: {notes}")
    return lines
