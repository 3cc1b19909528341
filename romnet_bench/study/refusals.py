"""What a request gets that cannot be answered: one sentence, as a page or as JSON."""

import logging
from http import HTTPStatus

import sqlalchemy as sa
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException as AnyHTTPException

from romnet_bench.study import pages

_LOG = logging.getLogger(__name__)
_SENTENCES = {
    404: "Nothing is known by this address: check that it was copied whole.",
    405: "This address does not do that.",
}
_TITLES = {404: "There is nothing here", 429: "Please wait a minute", 503: "Please try again"}


def add_refusals(app: FastAPI) -> None:
    """Makes every refusal of `app` a sentence: JSON for answers and the admin, else a page."""

    @app.exception_handler(AnyHTTPException)
    def refuse(request: Request, error: AnyHTTPException) -> Response:
        status = error.status_code
        sentence = error.detail
        if sentence == HTTPStatus(status).phrase:  # nobody gave a reason
            sentence = _SENTENCES.get(status, sentence)
        path = request.url.path
        if path.endswith("/answers") or path.startswith(("/admin/", "/health")):
            return JSONResponse({"error": sentence}, status, error.headers)
        if status == 404 and path.startswith("/s/"):
            return HTMLResponse(pages.unknown_page(), status, error.headers)
        page = pages.message_page(_TITLES.get(status, "This was not possible"), sentence)
        return HTMLResponse(page, status, error.headers)

    @app.exception_handler(sa.exc.DBAPIError)
    @app.exception_handler(sa.exc.TimeoutError)
    def ask_for_patience(request: Request, error: Exception) -> Response:
        """The disk is full, or the database is away or overrun: nothing was kept."""
        # For the owner: the cause alone, since the error's own text holds what was to be kept.
        _LOG.error("The database refuses: %s", getattr(error, "orig", error))
        return refuse(
            request, HTTPException(503, "The study cannot keep answers at the moment: try again.")
        )
