"""A dataset's folder → the Hub: rights, checks, upload."""

from pathlib import Path

from romnet_bench.data.publishing.checks import check_dataset, check_pictures
from romnet_bench.data.publishing.repository import Repository, plan_repository, write_repository
from romnet_bench.data.publishing.upload import (
    Published,
    check_name,
    require_token,
    upload_repository,
)
from romnet_bench.data.records import list_splits
from romnet_bench.data.rights import Rights, read_rights
from romnet_bench.errors import UserError


def prepare_repository(
    folder: Path, repo: str, rights: str | None = None, pictures: int | None = None
) -> Repository:
    """The repository of the dataset in `folder`, checked from end to end.

    Args:
        folder: the dataset.
        repo: "owner/name".
        rights: who allows it to be given on, and how; otherwise the dataset's own statement.
        pictures: how many pairs are decoded; all of them without.

    Raises:
        UserError: `repo` is no name, nobody allows it to be given on, or something is wrong
            with it.
    """
    check_name(repo)
    if not list_splits(folder):
        raise UserError(f"{folder} holds no dataset: make one with `romnet-bench build-synthetic`.")
    repository = plan_repository(folder, repo, _granted(folder, rights))
    check_dataset(folder, repository)
    check_pictures(folder, pictures)
    return repository


def try_publishing(
    folder: Path, repo: str, out: Path, rights: str | None = None, pictures: int | None = None
) -> Repository:
    """Checks the dataset in `folder` and writes what would be uploaded below `out`.

    The other arguments are those of `prepare_repository`.

    Raises:
        UserError: as by `prepare_repository`, or `out` lies in the dataset, is not empty or cannot
            be written to.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise UserError(f"{out} lies in the dataset {folder}: choose an --out outside it.")
    repository = prepare_repository(folder, repo, rights, pictures)
    write_repository(repository, out)
    return repository


def publish_dataset(
    folder: Path,
    repo: str,
    *,
    public: bool = False,
    rights: str | None = None,
    pictures: int | None = None,
    endpoint: str | None = None,
) -> Published:
    """Checks the dataset in `folder` and uploads it to the Hub as `repo` ("owner/name").

    The arguments are those of `prepare_repository` and of `upload_repository`, which also say what
    is raised.
    """
    _granted(folder, rights)
    require_token()  # asked for before the pictures are decoded, which takes minutes
    repository = prepare_repository(folder, repo, rights, pictures)
    return upload_repository(repository, repo, public=public, endpoint=endpoint)


def _granted(folder: Path, statement: str | None) -> Rights:
    if statement is not None:
        if not statement.strip():
            raise UserError("--rights is empty: say who allows the photographs to be given on.")
        return Rights(granted=True, statement=" ".join(statement.split()))
    rights = read_rights(folder)
    if not rights.granted:
        question = rights.statement.rstrip(".")
        raise UserError(
            f"{folder} may not be published yet: {question}{'' if question[-1] in '?!' else '.'} "
            'Once that is settled, add --rights "WHO allows it, and how".'
        )
    return rights
