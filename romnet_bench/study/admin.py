"""What only the study's owner sees, behind a token."""

import hmac

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from romnet_bench.errors import UserError
from romnet_bench.study.answers import write_csv
from romnet_bench.study.database import Database
from romnet_bench.study.kept import read_database
from romnet_bench.study.store import free_seats, read_progress


def add_admin(app: FastAPI, database: Database, trials: int, token: str) -> None:
    """Adds the export, the progress and the freeing of seats; a person has so many trials."""
    expected = token.encode()

    def require_token(request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        is_it = hmac.compare_digest(given.encode(errors="replace"), expected)
        if not (is_it and scheme.lower() == "bearer"):
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

    @app.post("/admin/free", dependencies=[Depends(require_token)])
    def free() -> Response:
        return JSONResponse({"freed": free_seats(database)})
