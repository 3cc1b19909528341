"""What a request gets that cannot be answered: one sentence, as a page or as JSON."""

import logging
from http import HTTPStatus

import sqlalchemy as sa
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException as AnyHTTPException

from romnet_bench.errors import PictureError
from romnet_bench.files import printable
from romnet_bench.study import pages
from romnet_bench.study.database import LostDatabaseError

_LOG = logging.getLogger(__name__)
_SENTENCES = {
    404: "Nothing is known by this address: check that it was copied whole.",
    405: "This address does not do that.",
}
_TITLES = {404: "There is nothing here", 429: "Please wait a minute", 503: "Please try again"}


def refuse(path: str, error: AnyHTTPException) -> Response:
    """A refusal as whoever asks for `path` reads it: the pages' script and the owner JSON."""
    status = error.status_code
    sentence = error.detail
    if sentence == HTTPStatus(status).phrase:  # nobody gave a reason
        sentence = _SENTENCES.get(status, sentence)
    if path.endswith("/answers") or path.startswith(("/admin/", "/health")):
        return JSONResponse({"error": sentence}, status, error.headers)
    if status == 404 and path.startswith("/s/"):
        return HTMLResponse(pages.unknown_page(), status, error.headers)
    page = pages.message_page(_TITLES.get(status, "This was not possible"), sentence)
    return HTMLResponse(page, status, error.headers)


def add_refusals(app: FastAPI) -> None:
    """Makes every refusal of `app` a sentence."""

    @app.exception_handler(AnyHTTPException)
    def explain(request: Request, error: AnyHTTPException) -> Response:
        return refuse(request.url.path, error)

    @app.exception_handler(PictureError)
    def miss_a_picture(request: Request, error: Exception) -> Response:
        _LOG.error("%s", printable(str(error)))
        missing = HTTPException(503, "A picture of this study is missing: try again later.")
        return refuse(request.url.path, missing)

    @app.exception_handler(LostDatabaseError)
    @app.exception_handler(sa.exc.DBAPIError)
    @app.exception_handler(sa.exc.TimeoutError)
    def ask_for_patience(request: Request, error: Exception) -> Response:
        """The disk is full, or the database is away or overrun: nothing was kept."""
        # For the owner: the cause alone, since the error's own text holds what was to be kept.
        _LOG.error("The database refuses: %s", printable(str(getattr(error, "orig", error))))
        busy = HTTPException(503, "The study cannot keep answers at the moment: try again.")
        return refuse(request.url.path, busy)
