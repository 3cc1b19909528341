"""What browsers send, read with a bound and taken apart with suspicion."""

import asyncio
import dataclasses
import json
from typing import NoReturn
from urllib.parse import parse_qs

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

LARGEST_BODY = 16 * 1024  # bytes
SLOWEST_BODY = 10.0  # seconds
LONGEST_TRIAL = 1e7  # seconds: 16 weeks with the page open


@dataclasses.dataclass(frozen=True)
class Posted:
    """An answer as a page sends it; keys as the page was given them, best first."""

    trial: str
    ranking: tuple[str, ...]
    seconds: float


async def read_body(request: Request) -> bytes:
    """The body of a request; reading stops at the bound, whatever length was declared.

    Raises:
        HTTPException: 413 or 408 where it is too large or too slow, 400 where it was cut off.
    """
    body = bytearray()
    too_large = HTTPException(413, "This is more than an answer can be.")
    if int(request.headers.get("content-length", "0")) > LARGEST_BODY:
        raise too_large
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise too_large
    except TimeoutError:
        raise HTTPException(408, "This took too long: try again.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The connection was cut.") from None
    return bytes(body)


def parse_answer(body: bytes) -> Posted:
    """An answer from JSON: exactly these fields, each once, of the right types, finite.

    Raises:
        HTTPException: 422; the sentence says what is wrong.
    """
    try:
        fields = json.loads(body, object_pairs_hook=_each_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        _malformed("this is not JSON with each field once")
    if not isinstance(fields, dict) or set(fields) != {"trial", "ranking", "seconds"}:
        _malformed("give trial, ranking and seconds")
    trial, ranking, seconds = fields["trial"], fields["ranking"], fields["seconds"]
    if not isinstance(trial, str):
        _malformed("trial must be a string")
    if not isinstance(ranking, list) or not all(isinstance(key, str) for key in ranking):
        _malformed("ranking must be a list of strings")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        _malformed("seconds must be a number")
    if not 0 <= seconds <= LONGEST_TRIAL:  # nor infinite
        _malformed(f"seconds must be from 0 to {LONGEST_TRIAL:.0f}")
    return Posted(trial, tuple(ranking), float(seconds))


def has_consent(body: bytes) -> bool:
    """Whether a form says `consent=yes`, once."""
    try:
        fields = parse_qs(body.decode(), max_num_fields=8)
    except ValueError:
        return False
    return fields.get("consent") == ["yes"]


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field occurs twice")
    return fields


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _malformed(reason: str) -> NoReturn:
    raise HTTPException(422, f"This is no answer: {reason}.")
