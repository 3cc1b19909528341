"""The packages that only the study needs: the extra `study`."""

import importlib.util

from romnet_bench.errors import UserError

PACKAGES = ("fastapi", "uvicorn", "sqlalchemy")


def require_extra() -> None:
    """Makes sure that the study's packages are installed, before any is imported.

    Raises:
        UserError: one is not; the sentence says how to get it.
    """
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"The study needs {', '.join(missing)}: pip install 'romnet-bench[study]'.")
