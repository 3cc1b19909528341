"""study: people rank the outputs; serve it, export the answers, report on them."""

from pathlib import Path

import click

from romnet_bench.cli import options
from romnet_bench.errors import UserError

CONSENT = """\
Taking part is voluntary. You may stop at any time, and have your answers deleted. Your rankings \
are used for research and may be published; nothing in them says who you are.
"""


@click.group()
def study() -> None:
    """Let people rank the outputs of methods without knowing whose they are.

    \b
    Example:
      romnet-bench study serve runs/mine --people 15 --photos 100
      romnet-bench study report study.sqlite --out study-report
    """


@study.command()
@click.argument("runs", nargs=-1, required=True, type=options.FOLDER)
@click.option("--data", type=options.FOLDER, help="The dataset, if it moved since the runs.")
@click.option(
    "--db",
    "database",
    default="study.sqlite",
    show_default=True,
    help="Where answers are kept: a file, or any SQLAlchemy URL.",
)
@click.option(
    "--pictures", type=options.FOLDER, help="Where the pictures are kept.  [default: beside --db]"
)
@click.option(
    "--people",
    type=click.IntRange(1, 100_000),
    default=15,
    show_default=True,
    help="Who are planned; others go on in the same balance.",
)
@click.option(
    "--at-most",
    type=click.IntRange(1),
    help="People who may join at all.  [default: twice --people]",
)
@click.option(
    "--photos",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="Photos of the study, chosen by --seed where there are more.",
)
@click.option(
    "--per-person", type=click.IntRange(1), help="Photos that one person ranks.  [default: all]"
)
@click.option(
    "--checks",
    type=click.IntRange(0, 1000),
    default=5,
    show_default=True,
    help="Attention checks besides: one output is ruined.",
)
@click.option(
    "--longest-side",
    type=click.IntRange(32, 8192),
    default=1024,
    show_default=True,
    help="Larger pictures are made smaller.",
)
@options.seed
@click.option("--title", default="Which version looks best?", show_default=True)
@click.option("--consent", type=options.FILE, help="A text file: what people agree to.")
@click.option("--contact", default="", help="Whom people may ask, such as an e-mail address.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="0.0.0.0 is for other machines too; put a proxy with TLS before it.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--admin-token",
    envvar="ROMNET_BENCH_STUDY_TOKEN",
    help="For /admin, or from $ROMNET_BENCH_STUDY_TOKEN.  [default: a new one, shown once]",
)
def serve(
    runs: tuple[Path, ...],
    data: Path | None,
    database: str,
    pictures: Path | None,
    people: int,
    at_most: int | None,
    photos: int,
    per_person: int | None,
    checks: int,
    longest_side: int,
    seed: int,
    title: str,
    consent: Path | None,
    contact: str,
    host: str,
    port: int,
    admin_token: str | None,
) -> None:
    """Serve a ranking study over RUNS, folders that `run` and `score` made on the same photos.

    Started again with the same runs and options, it goes on: no answer and no link is lost.

    \b
    Example:
      romnet-bench study serve runs/mine --people 15 --photos 100
    Open to other machines, with your own text to agree to:
      romnet-bench study serve runs/mine --host 0.0.0.0 --consent consent.txt --contact ME
    """
    from romnet_bench.study.extra import require_extra

    require_extra()
    from romnet_bench.study.gather import Settings
    from romnet_bench.study.serve import Place, Words, serve_study

    serve_study(
        list(runs),
        data,
        Settings(people, photos, per_person, checks, longest_side, seed),
        words=Words(title, _read_consent(consent), contact),
        place=Place(
            database=database,
            pictures=pictures or _beside(database),
            at_most=at_most or 2 * people,
            token=admin_token or "",
            host=host,
            port=port,
        ),
        tell=lambda line: click.echo(line, err=True),
    )


@study.command()
@click.argument("source")
@click.option("--out", type=options.FILE, default=Path("answers.csv"), show_default=True)
def export(source: str, out: Path) -> None:
    """Write the answers in SOURCE, a study's database, as CSV; also while it is being served.

    The first line holds the facts, so pandas reads it by `read_csv("answers.csv", skiprows=1)`.

    \b
    Example:
      romnet-bench study export study.sqlite --out answers.csv
    """
    from romnet_bench.files import human_path
    from romnet_bench.study.export import export_answers

    answers = export_answers(source, out)
    click.echo(f"{len(answers.answers)} answers of {answers.people} people: {human_path(out)}")


@study.command()
@click.argument("source")
@click.option("--out", type=options.FOLDER, default=Path("study-report"), show_default=True)
def report(source: str, out: Path) -> None:
    """Write Table III, its figures and a summary from SOURCE, a study's database or its export.

    \b
    Example:
      romnet-bench study report study.sqlite --out study-report
    """
    from romnet_bench.files import human_path
    from romnet_bench.study.report import write_study_report

    click.echo(f"Open {human_path(write_study_report(source, out))}")


def _read_consent(path: Path | None) -> str:
    if path is None:
        return CONSENT
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    raise UserError(f"{path} is no text that can be read ({reason}): mend --consent.")


def _beside(database: str) -> Path:
    """Where the pictures go: beside a file, or here."""
    if "://" in database:
        return Path("study-pictures")
    return Path(f"{database}.pictures")
