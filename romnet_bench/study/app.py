"""The study over HTTP: what everybody may open; the rest is a person's or the admin's."""

import hashlib

import sqlalchemy as sa
from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from romnet_bench.study import pages
from romnet_bench.study.admin import add_admin
from romnet_bench.study.bodies import has_consent, read_body
from romnet_bench.study.database import LostDatabaseError
from romnet_bench.study.guard import guarded
from romnet_bench.study.people import add_people
from romnet_bench.study.refusals import add_refusals
from romnet_bench.study.service import GET, Service
from romnet_bench.study.store import add_person

_FOR_NOW = {"Cache-Control": "public, max-age=600"}


def make_app(service: Service) -> ASGIApp:
    """The application: pages, pictures and answers, and the admin's routes."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    add_refusals(app)
    _add_entrance(app, service)
    add_people(app, service)
    add_admin(app, service.database, service.trials, service.token)
    return guarded(app)


def _add_entrance(app: FastAPI, service: Service) -> None:
    consent_hash = hashlib.sha256(service.text.consent.encode()).hexdigest()

    @app.api_route("/", methods=GET)
    def welcome() -> Response:
        return HTMLResponse(pages.welcome_page(service.text))

    @app.api_route("/static/{name}", methods=GET)
    def static(name: str) -> Response:
        try:
            content, media_type = pages.asset(name)
        except KeyError:
            raise HTTPException(404) from None
        return Response(content, media_type=media_type, headers=_FOR_NOW)

    @app.api_route("/health", methods=GET)
    def health() -> Response:
        with service.database.reading() as connection:
            connection.execute(sa.select(1))
        return JSONResponse({"ok": True})

    @app.post("/join")
    async def join(request: Request) -> Response:
        if not has_consent(await read_body(request)):
            raise HTTPException(422, "To take part, go back and agree to the text first.")
        if not service.joins.take():
            wait = {"Retry-After": "60"}
            raise HTTPException(429, "Many people join right now: try again in a minute.", wait)
        try:
            link = await run_in_threadpool(
                add_person, service.database, service.definition, consent_hash, service.at_most
            )
        except (sa.exc.SQLAlchemyError, LostDatabaseError):
            service.joins.give_back()
            raise
        if link is None:
            return HTMLResponse(pages.full_page(), 403)
        return RedirectResponse(f"/s/{link}", 303)
