"""What a person does by the personal link: looks, ranks, comes back, takes the answers back."""

import functools
from collections.abc import Callable

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from romnet_bench.study import pages
from romnet_bench.study.answers import COUNTS, FAILED, PASSED
from romnet_bench.study.bodies import Posted, parse_answer, read_body
from romnet_bench.study.definition import Definition
from romnet_bench.study.pictures import read_file
from romnet_bench.study.screens import Screen, Screens, hash_link, make_screens
from romnet_bench.study.service import GET, Service
from romnet_bench.study.store import (
    Given,
    Person,
    Saved,
    find_person,
    list_answered,
    remove_person,
    save_answer,
)

_REMEMBERED = 64  # people whose screens are at hand; those of one take about 0.3 MB
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def add_people(app: FastAPI, service: Service) -> None:
    """Adds the routes below `/s/<link>`; whoever has the link is that person."""
    screens_of = _remembered_screens(service)

    @app.get("/s/{link}/")
    def mend(link: str) -> Response:
        if hash_link(link) is None:
            raise HTTPException(404)
        return RedirectResponse(f"/s/{link}", 308)

    @app.api_route("/s/{link}", methods=GET)
    def show(link: str) -> Response:
        person = _require_person(service, link)
        answered = list_answered(service.database, person)
        for screen in screens_of(person).in_order:
            if screen.number not in answered:
                view = _view(service, link, screen, len(answered) + 1)
                return HTMLResponse(pages.trial_page(view))
        return HTMLResponse(pages.thanks_page(link, len(answered)))

    @app.api_route("/s/{link}/p/{key}", methods=GET)
    def picture(link: str, key: str) -> Response:
        path = screens_of(_require_person(service, link)).file(key)
        if path is None:
            raise HTTPException(404)
        # Read whole: a file's date, which a FileResponse would send, tells when it was made.
        return Response(read_file(path), media_type="image/png", headers=_FOREVER)

    @app.post("/s/{link}/answers")
    async def answer(link: str, request: Request) -> Response:
        posted = parse_answer(await read_body(request))
        return await run_in_threadpool(_keep, service, screens_of, link, posted)

    @app.post("/s/{link}/withdraw")
    async def withdraw(link: str, request: Request) -> Response:
        await read_body(request)
        person = await run_in_threadpool(_require_person, service, link)
        await run_in_threadpool(remove_person, service.database, person)
        return HTMLResponse(pages.stopped_page())


def _keep(
    service: Service, screens_of: Callable[[Person], Screens], link: str, posted: Posted
) -> Response:
    person = _require_person(service, link)
    screen = screens_of(person).find(posted.trial)
    if screen is None:
        raise HTTPException(404, "This photo is not one of yours: load the page again.")
    if sorted(posted.ranking) != sorted(screen.outputs):
        raise HTTPException(422, "This is no answer: rank every picture once.")
    saved = save_answer(service.database, person, _to_given(service.definition, screen, posted))
    if saved is Saved.OTHER:
        raise HTTPException(409, "This photo was ranked before: load the page again to go on.")
    if saved is Saved.NOBODY:
        raise HTTPException(404)
    done = len(list_answered(service.database, person))
    return JSONResponse(
        {"saved": True, "done": done, "total": service.trials, "next": f"/s/{link}"}
    )


def _to_given(definition: Definition, screen: Screen, posted: Posted) -> Given:
    method_of = dict(zip(screen.outputs, screen.trial.places, strict=True))
    ranking = tuple(method_of[key] for key in posted.ranking)
    check = COUNTS
    if screen.trial.ruined is not None:
        check = PASSED if ranking[-1] == screen.trial.ruined else FAILED
    photo = definition.shown[definition.shown_index(screen.trial)]
    return Given(screen.number, photo, check, ranking, posted.seconds)


def _view(service: Service, link: str, screen: Screen, number: int) -> pages.TrialView:
    def url(key: str) -> str:
        return f"/s/{link}/p/{key}"

    width, height = service.shelf.size(service.definition.shown_index(screen.trial))
    outputs = tuple(
        pages.PictureView(key, url(key), chr(ord("A") + place))
        for place, key in enumerate(screen.outputs)
    )
    total, shown = service.trials, url(screen.input)
    return pages.TrialView(screen.key, link, number, total, shown, outputs, width, height)


def _require_person(service: Service, link: str) -> Person:
    person = find_person(service.database, link)
    if person is None:
        raise HTTPException(404)
    return person


def _remembered_screens(service: Service) -> Callable[[Person], Screens]:
    """`make_screens` for a person; planning a hundred trials anew for every picture is slow."""

    @functools.lru_cache(_REMEMBERED)
    def remembered(seat: int, link_hash: str) -> Screens:
        return make_screens(service.definition, service.shelf, service.secret, seat, link_hash)

    return lambda person: remembered(person.seat, person.link_hash)
