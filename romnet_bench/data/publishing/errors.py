"""What the Hub answers when something is wrong, as one sentence without the token."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from romnet_bench.errors import UserError
from romnet_bench.files import printable

_HIDDEN = "<token>"
_GOES_ON = "run the same command again, it goes on where it stopped"


@contextlib.contextmanager
def hub_sentences(repo: str, token: str) -> Iterator[None]:
    """Turns what the Hub's client raises into a UserError that says what to do.

    Whatever the Hub says is shown on one line and without `token`, even where it repeats it.
    """
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
    from huggingface_hub.utils import httpx

    try:
        yield
    except (
        HfHubHTTPError,
        OfflineModeIsEnabled,
        httpx.HTTPError,
        ValueError,
        RuntimeError,
    ) as error:
        raise UserError(_clean(_explain(error, repo), token)) from None
    except OSError as error:
        if error.errno is not None:
            raise  # of this machine's disk
        said = (
            f"The Hub's store refuses or broke off ({error}): see that the token may write to "
            f"{repo}, and {_GOES_ON}."
        )
        raise UserError(_clean(said, token)) from None


@contextlib.contextmanager
def token_kept_from_logs(token: str) -> Iterator[None]:
    """Takes `token` out of whatever any library logs meanwhile, such as a Hub's answer to it."""
    make_record = logging.getLogRecordFactory()

    def make_clean_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        if token in (message := record.getMessage()):
            record.msg, record.args = message.replace(token, _HIDDEN), ()
        return record

    logging.setLogRecordFactory(make_clean_record)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make_record)


def _explain(error: BaseException, repo: str) -> str:
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
    from huggingface_hub.utils import httpx

    match error:
        case OfflineModeIsEnabled():
            return "HF_HUB_OFFLINE is set: unset it to publish."
        case HfHubHTTPError():
            return _explain_status(error.response.status_code, error.server_message or "", repo)
        case httpx.HTTPError():
            return f"The Hub cannot be reached or broke off ({error}): {_GOES_ON}."
        case RuntimeError() if error.__cause__ is not None:
            return _explain(error.__cause__, repo)  # the client's own words say only which file
        case RuntimeError():
            return f"The upload broke off ({error}): {_GOES_ON}."
    return f"The Hub does not take this: {error}"


def _explain_status(status: int, said: str, repo: str) -> str:
    words = said.lower()
    reply = f" ({said.strip().rstrip('.')})" if said.strip() else ""
    if status in (402, 413) or any(word in words for word in ("quota", "storage")):
        return f"The Hub has no room for {repo}{reply}: free some, or publish with --public."
    if status >= 500:
        return f"The Hub failed with status {status}{reply}: {_GOES_ON}."
    sentences = {
        401: "The Hub does not know the token: make one with write access at "
        "https://huggingface.co/settings/tokens and run `hf auth login`.",
        403: f"The token may not write to {repo}{reply}: use one with write access to it.",
        404: f"The Hub has no dataset {repo}, or hides it from this token{reply}.",
        409: f"{repo} is taken or is being changed{reply}: choose another --repo, or wait.",
        429: f"The Hub asks to wait{reply}: run the same command later, it goes on.",
    }
    return sentences.get(status, f"The Hub does not take this (status {status}){reply}.")


def _clean(sentence: str, token: str) -> str:
    return printable(" ".join(sentence.replace(token, _HIDDEN).split()))
