"""What a study is: its photos, its methods, its plan; what must not change while people answer."""

import hashlib
from typing import Self

import pydantic

from romnet_bench.errors import UserError
from romnet_bench.study import plan

SCHEMA_VERSION = 1
MOST_METHODS = 26
"""As many as there are letters for the places on the screen."""


class RunFacts(pydantic.BaseModel):
    """What a run said of itself; nothing of it changes what people see."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    protocol: str
    protocol_hash: str
    fingerprint: dict[str, str]  # of the method: options and the weights' SHA-256
    notes: tuple[str, ...]  # what a reader must know, such as "random weights"


class Definition(pydantic.BaseModel):
    """As it is kept in the database; two studies are the same when these are equal."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    schema_version: int = SCHEMA_VERSION
    plan_version: int = plan.VERSION
    dataset: str
    split: str
    fingerprint: str  # of the dataset: changes with any byte of any photo
    methods: tuple[str, ...]  # labels
    outputs: tuple[str, ...]  # for each method a SHA-256 over all of its pictures that are shown
    photos: tuple[str, ...]  # that are ranked
    spares: tuple[str, ...]  # that only attention checks show; none: these show the ranked photos
    people: int  # planned
    per_person: int  # photos that one person ranks
    checks: int  # attention checks that one person gets besides
    longest_side: int  # of every picture, in pixels
    seed: int
    runs: tuple[RunFacts, ...] = ()  # of the methods; none where an older romnet-bench began it

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Self:
        if not 2 <= len(self.methods) <= MOST_METHODS:
            raise ValueError(f"a study ranks 2 to {MOST_METHODS} methods, not {len(self.methods)}")
        if len(set(self.methods)) != len(self.methods):
            raise ValueError("two methods have the same name")
        if len(self.outputs) != len(self.methods):
            raise ValueError(
                f"there are {len(self.methods)} methods, and outputs of {len(self.outputs)}"
            )
        if len(self.runs) not in (0, len(self.methods)):
            raise ValueError(
                f"there are {len(self.methods)} methods, and facts of {len(self.runs)} runs"
            )
        if not 1 <= self.per_person <= len(self.photos):
            raise ValueError(
                f"--per-person {self.per_person} is more than the {len(self.photos)} photos"
            )
        if not 0 <= self.checks <= (len(self.spares) or len(self.photos)):
            raise ValueError(f"there are too few photos for --checks {self.checks}")
        return self

    @property
    def design(self) -> plan.Design:
        """What the plan follows from."""
        return plan.Design(
            photos=len(self.photos),
            methods=len(self.methods),
            per_person=self.per_person,
            checks=self.checks,
            spares=len(self.spares),
            seed=self.seed,
        )

    @property
    def shown(self) -> tuple[str, ...]:
        """All photos that have pictures, the ranked ones first."""
        return self.photos + self.spares

    @property
    def hash(self) -> str:
        """Changes with anything in the definition but `runs`."""
        content = self.model_dump_json(exclude={"runs"})
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def shown_index(self, trial: plan.Trial) -> int:
        """Which of `shown` a trial is about."""
        is_spare = trial.ruined is not None and self.spares
        return trial.photo + len(self.photos) if is_spare else trial.photo


def read_definition(text: str, where: str) -> Definition:
    """A definition as it was kept.

    Raises:
        UserError: it is damaged, or another version of romnet-bench's; it is called `where`.
    """
    try:
        return Definition.model_validate_json(text)
    except pydantic.ValidationError as error:
        reason = str(error.errors()[0]["msg"])
        raise UserError(
            f"{where} holds a study that this romnet-bench cannot read ({reason})."
        ) from None


def require_same(kept: Definition, given: Definition, where: str) -> None:
    """Makes sure that a study goes on as it began; what runs say of themselves may differ.

    Raises:
        UserError: something else is asked for now; the sentence says what.
    """
    differing = [
        name
        for name in Definition.model_fields
        if name != "runs" and getattr(kept, name) != getattr(given, name)
    ]
    if differing:
        names = ", ".join(name.replace("_", " ") for name in differing)
        raise UserError(
            f"{where} holds a study that differs in {names}: start it with the same runs and "
            "options, or choose another --db."
        )
