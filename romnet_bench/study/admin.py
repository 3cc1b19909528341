"""What only the study's owner sees, behind a token."""

import hmac

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from romnet_bench.errors import UserError
from romnet_bench.study.answers import write_csv
from romnet_bench.study.database import Database
from romnet_bench.study.kept import read_database
from romnet_bench.study.store import read_progress


def add_admin(app: FastAPI, database: Database, trials: int, token: str) -> None:
    """Adds the export and the progress of a study with so many trials for each person."""
    expected = f"Bearer {token}".encode()

    def require_token(request: Request) -> None:
        given = request.headers.get("authorization", "").encode(errors="replace")
        if not hmac.compare_digest(given, expected):
            wanted = {"WWW-Authenticate": "Bearer"}
            raise HTTPException(401, "This needs the admin's token.", wanted)

    @app.get("/admin/export.csv", dependencies=[Depends(require_token)])
    def export() -> Response:
        try:
            content = write_csv(read_database(database, "The database"))
        except UserError as error:
            raise HTTPException(500, str(error)) from None
        name = {"Content-Disposition": 'attachment; filename="answers.csv"'}
        return Response(content, media_type="text/csv", headers=name)

    @app.get("/admin/progress", dependencies=[Depends(require_token)])
    def progress() -> Response:
        now = read_progress(database, trials)
        return JSONResponse(
            {"people": now.people, "finished": now.finished, "answers": now.answers}
        )
