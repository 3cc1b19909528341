"""What a reader needs to judge and repeat a run."""

from romnet_bench.report.runs import Run


def list_origin(run: Run) -> list[tuple[str, str]]:
    """The facts of a run's record as (name, value), those that are known."""
    record = run.record
    facts = {
        "Method": record.method.name,
        "Command": record.command,
        "Options and weights": _join(record.method.fingerprint),
        "References": _join(record.references),
        "Protocol": f"{record.protocol.name} ({record.protocol.hash})",
        "Metric weights": _join(record.weights),
        "Device": record.device,
        "Commit": record.commit,
        "Packages": _join(record.packages),
        "Started": record.started,
        "Finished": record.finished or "not finished",
        "Failed": "; ".join(f"{identity}: {reason}" for identity, reason in record.failed.items()),
    }
    return [(name, value) for name, value in facts.items() if value]


def _join(pairs: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(pairs.items()))
