"""The command line: each command reads its options, calls one library function and prints."""

import errno
import io
import os
import sys

import click

from romnet_bench import __version__
from romnet_bench.cli.build import build_synthetic
from romnet_bench.cli.datasets import datasets
from romnet_bench.cli.demonstration import demo
from romnet_bench.cli.measuring import bench
from romnet_bench.cli.methods import methods
from romnet_bench.cli.package import package
from romnet_bench.cli.package_prokudin import prokudin
from romnet_bench.cli.publish import export, publish
from romnet_bench.cli.references import references
from romnet_bench.cli.reporting import report
from romnet_bench.cli.restoring import restore
from romnet_bench.cli.running import run, score
from romnet_bench.cli.study import study
from romnet_bench.cli.training import ablate, release, train
from romnet_bench.cli.weights import weights
from romnet_bench.errors import UserError, is_out_of_memory

FAILED = 1
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def cli() -> None:
    """Restore and colourise old photographs, and measure how well.

    \b
    A first look (three minutes, no network):  romnet-bench demo
    One photo:  romnet-bench restore PHOTO --reference COLOUR_PHOTO
    """


package.add_command(prokudin)
for _command in (
    datasets,
    methods,
    weights,
    build_synthetic,
    package,
    references,
    export,
    publish,
    train,
    run,
    score,
    ablate,
    report,
    study,
    restore,
    bench,
    release,
    demo,
):
    cli.add_command(_command)


def main() -> None:
    """Runs the command line; a mistake is one sentence on standard error, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name need not be text
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        status = _interrupted()
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except UserError as error:
        status = _sentence(str(error))
    except KeyboardInterrupt:
        status = _interrupted()
    except BrokenPipeError:  # `romnet-bench … | head` closed the pipe: that is no failure of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    except OSError as error:
        status = _sentence(_describe(error))
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        status = _sentence("Out of memory: lower --batch, --crop or --color-side.")
    sys.exit(status)


def _sentence(text: str) -> int:
    from romnet_bench.files import printable

    click.echo(f"Error: {printable(text)}", err=True)
    return FAILED


def _interrupted() -> int:
    goes_on = ": the same command goes on where it stopped" if _resumes(sys.argv) else ""
    click.echo(f"Interrupted{goes_on}.", err=True)
    return INTERRUPTED


def _resumes(words: list[str]) -> bool:
    """Whether a command line's command finds what it did before; these begin again."""
    if words[1:2] == ["study"]:
        return words[2:3] == ["serve"]
    return {"restore", "report", "bench", "release", "datasets", "methods"}.isdisjoint(words[1:2])


def _describe(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{where}: free some space and run the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
        return f"Not allowed to write or read{where}: choose another folder."
    return f"{error.strerror or error}{where}."
