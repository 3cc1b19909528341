"""Names of methods → their factories, imported only when asked for.

Another package joins with an entry point of the group `romnet_bench.methods`, whose value is a
factory `load(options: MethodOptions) -> Method`. A name of our own cannot be taken over.
"""

from importlib.metadata import EntryPoint, entry_points

from romnet_bench.errors import UserError
from romnet_bench.methods.contract import ContractError, Method, MethodOptions, check_facts

GROUP = "romnet_bench.methods"

_OURS = tuple(
    EntryPoint(name, f"romnet_bench.methods.{factory}", GROUP)
    for name, factory in {
        "input": "input:load",
        "romnet": "romnet:load",
        "romnet-grey": "romnet_grey:load",
        "pix2pix": "pix2pix.method:load",
        "pix2pix-colour": "pix2pix.method:load_colour",
        "deoldify-artistic": "deoldify.method:load_artistic",
        "deoldify-stable": "deoldify.method:load_stable",
        "wan": "wan.method:load",
        "wan-scratches": "wan.method:load_scratches",
        "instcolorization": "instcolorization.method:load",
        "he": "he.method:load",
        "exemplar-video": "exemplar_video.method:load",
        "ddcolor": "ddcolor.method:load",
        "ddcolor-large": "ddcolor.method:load_large",
    }.items()
)


def list_methods() -> dict[str, EntryPoint]:
    """All methods by name, sorted; nothing is imported."""
    found = {entry.name: entry for entry in (*entry_points(group=GROUP), *_OURS)}
    return dict(sorted(found.items()))


def load_method(name: str, options: MethodOptions) -> Method:
    """The method of that name, its models loaded.

    Raises:
        ContractError: its package cannot be imported, or breaks the contract.
        UserError: there is no such method, or it cannot be loaded with these options.
    """
    known = list_methods()
    if name not in known:
        raise UserError(f"There is no method {name}: choose one of {', '.join(known)}.")
    try:
        factory = known[name].load()
    except (ImportError, AttributeError) as error:
        raise ContractError(
            f"The method {name} ({known[name].value}) cannot be imported ({error}): install what "
            "it needs, or mend its entry point."
        ) from error
    method = factory(options) if callable(factory) else None
    if not isinstance(method, Method):
        raise ContractError(
            f"The method {name} ({known[name].value}) lacks a part of the contract: see "
            "romnet_bench/methods/contract.py."
        )
    check_facts(method)
    return method
