"""A recipe: how a folder of clean photographs becomes a dataset of degraded pairs.

A YAML file, checked by the models below; `datasets/NAME/recipe.yaml` are those that are shipped.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from romnet_bench.errors import UserError
from romnet_bench.files import resource
from romnet_bench.synthesis.cracks import Cracks
from romnet_bench.synthesis.dust import DustPaper
from romnet_bench.synthesis.emulsion import Fading, Grain, Vignetting
from romnet_bench.synthesis.folds import Folds
from romnet_bench.synthesis.optics import Blur, Jpeg, KernelBlur, Resolution
from romnet_bench.synthesis.pixel_noise import Noise
from romnet_bench.synthesis.polygon import Polygon
from romnet_bench.synthesis.scratches import Scratches
from romnet_bench.synthesis.stains import Stains

Overall = Blur | Grain | Fading | Vignetting | Resolution | Jpeg | KernelBlur | Noise
"""Changes the whole photograph."""

Structured = Stains | Folds | Cracks | Scratches | DustPaper | Polygon
"""Lies on the photograph in some places; these are what a mask shows."""

Degradation = Annotated[Overall | Structured, Field(discriminator="kind")]


class Size(BaseModel):
    """What size a pair has.

    `keep`: as the photo is; `limit`: made smaller until its longest side is at most `side`;
    `square`: the centre, cropped square, at side × side.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: Literal["keep", "limit", "square"]
    side: int = Field(default=512, ge=16, le=16384)


class Recipe(BaseModel):
    """All that decides what a dataset holds.

    Attributes:
        name: letters, digits and dashes; part of the dataset's name.
        description: one or two sentences for its card.
        source: where the photos come from, as `data.sources.list_source` reads it: "sample",
            "pascal", "div2k", "hub:ORG/NAME" or a folder of photos.
        seed: with a photo's id, it decides every random number.
        licence: of the pairs, in words.
        citation: what to cite.
        size: what size a pair has.
        min_side: photos whose shorter side has fewer pixels, as found or once sized, are left out.
        splits: split → number of photos (whole number) or share of them (0 to 1).
        variants: how many differently degraded pairs each photo gives.
        shard_size: pairs in a file.
        degradations: what happens, each with its probability.
        order: of the degradations: as they are written, or another at random for each pair.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    description: str = Field(min_length=1)
    source: str = Field(min_length=1)
    seed: int = Field(default=0, ge=0, lt=2**63)
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    size: Size
    min_side: int = Field(default=64, ge=16)
    splits: dict[str, int | float] = Field(min_length=1)
    variants: int = Field(default=1, ge=1, le=1000)
    shard_size: int = Field(default=64, ge=1, le=10000)
    degradations: list[Degradation]
    order: Literal["as_written", "random"] = "as_written"

    @field_validator("splits")
    @classmethod
    def _check_splits(cls, splits: dict[str, int | float]) -> dict[str, int | float]:
        for split, amount in splits.items():
            if not re.fullmatch(r"[a-z]+", split):
                raise ValueError(f"the split {split!r} must be named in small letters")
            if isinstance(amount, float) and not 0 <= amount <= 1:
                raise ValueError(f"the share of {split}, {amount:g}, does not lie within [0, 1]")
            if isinstance(amount, int) and amount < 0:
                raise ValueError(f"the number of photos of {split} is below 0")
        shares = sum(amount for amount in splits.values() if isinstance(amount, float))
        if shares > 1 + 1e-9:
            raise ValueError(f"the shares add up to {shares:g}, which is more than 1")
        return splits


def load_recipe(name_or_path: str) -> Recipe:
    """The recipe of that name among the shipped ones, or in that `.yaml` file.

    Raises:
        UserError: there is none, or the file is not as it should be; the sentence names the file
            and the key.
    """
    if not name_or_path.endswith((".yaml", ".yml")):
        path = _shipped(name_or_path)
    else:
        path = Path(name_or_path)
    try:
        content: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"The recipe {path} cannot be read ({reason}).") from None
    except UnicodeDecodeError:
        raise UserError(f"The recipe {path} is not UTF-8 text: save it as UTF-8.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UserError(f"The recipe {path} is not plain YAML ({_one_line(error)}).") from None
    if not isinstance(content, dict):
        raise UserError(f"The recipe {path} holds no keys: start with `name: …`.")
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise UserError(f"The recipe {path}: {_explain(error)}.") from None


def list_recipes() -> list[str]:
    """The names of the shipped recipes."""
    return sorted(path.parent.name for path in resource("datasets").glob("*/recipe.yaml"))


def _shipped(name: str) -> Path:
    # Looked up in the list, so that a name like "../x" never becomes a path.
    if name not in (known := list_recipes()):
        raise UserError(
            f"There is no recipe named {name!r}: choose one of {', '.join(known)}, or give the "
            "path of a .yaml file."
        )
    return resource("datasets", name, "recipe.yaml")


def _one_line(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem or error.context}"
    return " ".join(str(error).split()) or type(error).__name__


def _explain(error: ValidationError) -> str:
    """The first problem, with the key as a person would find it in the file."""
    problem = error.errors(include_url=False, include_input=False)[0]
    # Pydantic puts the kind between the index and the key: degradations.3.cracks.width.
    place = [str(part) for part in problem["loc"]]
    where = ".".join(place) or "the whole"
    message = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    if problem["type"] == "extra_forbidden":
        return f"there is no key {where}; take it out or correct its spelling"
    if problem["type"] == "missing":
        return f"the key {where} is missing"
    count = error.error_count()
    more = f" (and {count - 1} more)" if count > 1 else ""
    return f"{where}: {message[:1].lower()}{message[1:]}{more}"
