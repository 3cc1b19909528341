"""A study that is being served, as all of its routes need it."""

import dataclasses

from romnet_bench.study.bucket import Bucket
from romnet_bench.study.database import Database
from romnet_bench.study.definition import Definition
from romnet_bench.study.pages import StudyText
from romnet_bench.study.pictures import Shelf

GET = ["GET", "HEAD"]
"""How what changes nothing may be asked for; the server sends no body to HEAD."""


@dataclasses.dataclass(frozen=True, eq=False)
class Service:
    """A study that is being served."""

    database: Database
    definition: Definition
    shelf: Shelf
    secret: bytes
    text: StudyText
    at_most: int  # people
    joins: Bucket
    token: str  # the admin's

    @property
    def trials(self) -> int:
        """How many screens one person sees."""
        return self.definition.per_person + self.definition.checks
