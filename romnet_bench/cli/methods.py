"""methods: what can be run, and whether it keeps the contract."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import PARTLY, choose_device

if TYPE_CHECKING:
    from romnet_bench.methods.listing import Listed, System


@click.group("methods", invoke_without_command=True)
@click.pass_context
def methods(context: click.Context) -> None:
    """What `run --method` takes: what each can do, its licence, whether its weights are here.

    \b
    Example:
      romnet-bench methods
      romnet-bench methods check wan
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@methods.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@options.weights
def list_(as_json: bool = False, weights: Path | None = None) -> None:
    """List all methods; the same as `romnet-bench methods`.

    \b
    Example:
      romnet-bench methods list --json
    """
    from romnet_bench.methods.listing import describe_systems

    systems = describe_systems(weights)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(system) for system in systems], indent=1))
        return
    for number, system in enumerate(systems):
        click.echo("\n" * (number > 0) + _heading(system))
        widest = max(len(method.name) for method in system.methods)
        for method in system.methods:
            click.echo(f"  {method.name.ljust(widest)}  {_state(method)}".rstrip())
        for limit in system.limits:
            click.echo(f"  - {limit}")


@methods.command("check")
@click.argument("names", nargs=-1)
@options.checkpoint
@options.device
@options.weights
def check(
    names: tuple[str, ...], checkpoint: Path | None, device: str, weights: Path | None
) -> None:
    """Run methods on tiny made-up photos of odd sizes: ok, failed or incompatible, and why.

    Without NAMES all are tried. Where a method's weights are missing it runs with random ones, and
    the line says so; nothing is fetched. The exit status is 3 unless all are ok.

    \b
    Example:
      romnet-bench methods check wan my-own-method
    """
    from romnet_bench.methods.check import check_method
    from romnet_bench.methods.contract import MethodOptions
    from romnet_bench.methods.registry import list_methods

    chosen = MethodOptions(checkpoint=checkpoint, device=choose_device(device), weights=weights)
    well = True
    for name in names or list_methods():
        verdict = check_method(name, chosen)
        click.echo(f"{name}: {verdict.status}{'. ' if verdict.why else ''}{verdict.why}")
        well &= verdict.status == "ok"
    if not well:
        raise click.exceptions.Exit(PARTLY)


def _heading(system: "System") -> str:
    licences = [f"code {system.licence}"] if system.licence else []
    if system.weights_licence:
        licences.append(f"weights {system.weights_licence}")
    return f"{system.label} ({'; '.join(licences) or system.name})"


def _state(method: "Listed") -> str:
    if not method.does:
        return f"try it: romnet-bench methods check {method.name}"
    if method.missing:
        some = "" if method.missing == method.files else "some "
        return f"{method.does}; {some}weights missing: {method.command}"
    if method.files:
        return f"{method.does}; weights ready"
    return f"{method.does}; {method.command}" if method.command else method.does
