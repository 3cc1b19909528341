"""A study's answers as a file that any program reads."""

from pathlib import Path

from romnet_bench.files import write_text
from romnet_bench.study.answers import Answers, read_answers, write_csv


def export_answers(source: str, out: Path) -> Answers:
    """Writes the answers in `source` to the CSV file `out`, and gives them back.

    Raises:
        UserError: there is no study in `source`, or it is damaged.
    """
    answers = read_answers(source)
    write_text(out, write_csv(answers))
    return answers
