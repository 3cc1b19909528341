"""A dataset's repository → the Hub, in one commit that comes after all of its files."""

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from romnet_bench import __version__
from romnet_bench.data.publishing.errors import hub_sentences, token_kept_from_logs
from romnet_bench.data.publishing.repository import Repository
from romnet_bench.errors import UserError
from romnet_bench.progress import track

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.hf_api import DatasetInfo

_SHARD = re.compile(r"data/[a-z]+-\d{5}-of-\d{5}\.parquet")
_OURS = "romnet-bench"


@dataclasses.dataclass(frozen=True)
class Published:
    """Where a dataset now is."""

    url: str
    private: bool


def upload_repository(
    repository: Repository, repo: str, *, public: bool = False, endpoint: str | None = None
) -> Published:
    """Uploads what is missing and commits; a call that was cut off is made again and goes on.

    Content goes up file by file, and the Hub keeps it by its checksum; the commit that makes it a
    dataset comes last, so nobody ever loads half of one. Shards of an earlier version go with the
    same commit. The token is the one of `HF_TOKEN` or of `hf auth login`.

    Args:
        repository: the files.
        repo: "owner/name".
        public: for everybody to see; otherwise for the owner alone.
        endpoint: the Hub's address; `$HF_ENDPOINT` or huggingface.co without.

    Raises:
        UserError: there is no token, `repo` is no name, holds something else or is open to all
            while `public` is False, or the Hub refuses or cannot be reached.
    """
    from huggingface_hub import CommitOperationDelete, HfApi

    check_name(repo)
    token = require_token()
    with hub_sentences(repo, token), token_kept_from_logs(token), _without_bars():
        api = HfApi(endpoint, token, library_name=_OURS, library_version=__version__)
        found = _find(api, repo)
        _check_place(found, repo, public)
        if found is None:
            api.create_repo(repo, repo_type="dataset", private=not public)
        additions = _additions(repository)
        for addition in track(additions, "uploading", len(additions)):
            # One by one: a call that is cut off has lost one file, not all.
            api.preupload_lfs_files(repo, [addition], repo_type="dataset", free_memory=False)
        deletions = [CommitOperationDelete(name) for name in _outdated(found, repository)]
        api.create_commit(
            repo,
            [*additions, *deletions],
            commit_message=f"Published by romnet-bench {__version__}",
            repo_type="dataset",
        )
        if public and found is not None and found.private:
            api.update_repo_settings(repo, repo_type="dataset", private=False)
        return Published(f"{api.endpoint}/datasets/{repo}", private=not public)


def check_name(repo: str) -> None:
    """Raises UserError unless `repo` is "owner/name" as the Hub spells names."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise UserError(f"--repo {repo!r} is no name for the Hub: {error}") from None
    if repo.count("/") != 1:
        raise UserError(f"--repo {repo!r}: give the owner too, such as my-name/{repo}.")


def require_token() -> str:
    """The token of `HF_TOKEN` or of `hf auth login`; raises UserError where there is none."""
    from huggingface_hub import get_token

    token = get_token()
    if token is None:
        raise UserError("There is no token for the Hub: set HF_TOKEN, or run `hf auth login`.")
    return token


def _find(api: "HfApi", repo: str) -> "DatasetInfo | None":
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        return api.dataset_info(repo)
    except RepositoryNotFoundError:
        return None


def _check_place(found: "DatasetInfo | None", repo: str, public: bool) -> None:
    if found is None:
        return
    names = {file.rfilename for file in found.siblings or ()} - {".gitattributes"}
    if names and _OURS not in (found.tags or ()):
        raise UserError(f"{repo} holds a dataset that is not of romnet-bench: choose another name.")
    if not found.private and not public:
        raise UserError(f"{repo} is open to everybody: add --public, or choose another --repo.")


def _additions(repository: Repository) -> list["CommitOperationAdd"]:
    from huggingface_hub import CommitOperationAdd

    return [CommitOperationAdd(name, content) for name, content in repository.files.items()]


def _outdated(found: "DatasetInfo | None", repository: Repository) -> list[str]:
    """Shards of an earlier version: `load_dataset` would mix them with the new ones."""
    names = [file.rfilename for file in (found.siblings if found else None) or ()]
    return [name for name in names if _SHARD.fullmatch(name) and name not in repository.files]


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    """Without the client's own progress bars, beside ours."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    were_shown = not are_progress_bars_disabled()
    if were_shown:
        disable_progress_bars()
    try:
        yield
    finally:
        if were_shown:
            enable_progress_bars()
