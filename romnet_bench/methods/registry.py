"""Names of methods → their factories, imported only when asked for.

Another package joins with an entry point of the group `romnet_bench.methods`, whose value is a
factory `load(options: MethodOptions) -> Method`. A name of our own cannot be taken over.
"""

from importlib.metadata import EntryPoint, entry_points

from romnet_bench.errors import UserError
from romnet_bench.methods.contract import Method, MethodOptions

GROUP = "romnet_bench.methods"

_OURS = (
    EntryPoint("input", "romnet_bench.methods.input:load", GROUP),
    EntryPoint("romnet", "romnet_bench.methods.romnet:load", GROUP),
    EntryPoint("romnet-grey", "romnet_bench.methods.romnet_grey:load", GROUP),
)


def list_methods() -> dict[str, EntryPoint]:
    """All methods by name, sorted; nothing is imported."""
    found = {entry.name: entry for entry in (*entry_points(group=GROUP), *_OURS)}
    return dict(sorted(found.items()))


def load_method(name: str, options: MethodOptions) -> Method:
    """The method of that name, its models loaded.

    Raises:
        UserError: no such method, or its package cannot be imported or breaks the contract.
    """
    known = list_methods()
    if name not in known:
        raise UserError(f"There is no method {name}: choose one of {', '.join(known)}.")
    try:
        factory = known[name].load()
    except (ImportError, AttributeError) as error:
        raise UserError(
            f"The method {name} ({known[name].value}) cannot be imported ({error}): install what "
            "it needs, or mend its entry point."
        ) from error
    method = factory(options)
    if not isinstance(method, Method):
        raise UserError(
            f"The method {name} ({known[name].value}) lacks a part of the contract: see "
            "romnet_bench/methods/contract.py."
        )
    return method
