"""The study over HTTP, as a person, as the owner and as somebody with bad intentions sees it."""

import contextlib
import csv
import html
import io
import itertools
import json
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from romnet_bench.images import decode_picture
from romnet_bench.study import store
from romnet_bench.study.answers import read_answers, read_csv
from romnet_bench.study.app import make_app
from romnet_bench.study.bodies import LARGEST_BODY
from romnet_bench.study.bucket import Bucket
from romnet_bench.study.pages import CSP
from romnet_bench.study.service import Service

TOKEN = "a token of the tests"


@pytest.fixture
def client(service: Service) -> TestClient:
    return TestClient(make_app(service))


@pytest.fixture
def visitor(client: TestClient, service: Service, visit: Any) -> Any:
    return visit(client)


def test_a_person_goes_through_the_whole_study(
    visitor: Any, service: Service, place: Any, gathered: Any
) -> None:
    ranked = []
    while (seen := visitor.look()) is not None:
        methods = [method for _, method in seen.shown.values()]
        assert len(set(methods)) == 3
        keys = sorted(seen.shown, key=lambda key: (seen.shown[key][1] == "ruined", key))
        answer = visitor.rank(seen.trial, keys, 2.5)
        assert answer.status_code == 200
        ranked.append((seen, [seen.shown[key][1] for key in keys]))
        done = {"saved": True, "done": len(ranked), "total": 8, "next": visitor.link}
        assert answer.json() == done
    assert len(ranked) == 8
    kept = read_answers(place.database)
    assert len(kept.answers) == 8
    for answer, (seen, methods) in zip(kept.answers, ranked, strict=True):
        assert (answer.person, answer.photo, answer.seconds) == (1, seen.photo, 2.5)
        assert answer.check == ("passed" if seen.is_check else "")
        expected = methods if not seen.is_check else methods[:-1]
        assert list(answer.ranking)[: len(expected)] == expected
    checks = [seen for seen, _ in ranked if seen.is_check]
    assert len(checks) == 2
    assert {seen.photo for seen in checks} == set(gathered.definition.spares)
    assert {seen.photo for seen, _ in ranked if not seen.is_check} == set(kept.photos)


def test_who_ranks_a_ruined_picture_first_fails_the_check(visitor: Any, place: Any) -> None:
    while (seen := visitor.look()) is not None:
        keys = sorted(seen.shown, key=lambda key: seen.shown[key][1] != "ruined")
        assert visitor.rank(seen.trial, keys).status_code == 200
    checks = [answer.check for answer in read_answers(place.database).answers if answer.check]
    assert checks == ["failed", "failed"]


def test_a_ruined_picture_must_come_last(visitor: Any, place: Any) -> None:
    while (seen := visitor.look()) is not None:
        keys = sorted(seen.shown, key=lambda key: seen.shown[key][1] == "ruined")
        keys = [keys[0], keys[2], keys[1]]  # in the middle
        assert visitor.rank(seen.trial, keys).status_code == 200
    checks = [answer.check for answer in read_answers(place.database).answers if answer.check]
    assert checks == ["failed", "failed"]


def test_the_link_brings_back_to_the_same_trial(visitor: Any, client: TestClient) -> None:
    first = visitor.look()
    assert visitor.look() == first
    visitor.rank(first.trial, list(first.shown))
    second = visitor.look()
    assert second.trial != first.trial
    assert not set(second.shown) & set(first.shown)
    assert "Photo 2 of 8" in client.get(visitor.link).text


def test_the_input_is_shown_as_it_is(visitor: Any, client: TestClient, study_runs: Any) -> None:
    seen = visitor.look()
    urls = set(re.findall(r'src="(/s/[^"]+)"', client.get(visitor.link).text))
    (shown,) = {url for url in urls if url.rsplit("/", 1)[1] not in seen.shown}
    picture = decode_picture(client.get(shown).content, "input")
    assert (picture[..., 0] == study_runs.photos[seen.photo].input).all()


def test_nothing_on_the_way_tells_a_method(visitor: Any, client: TestClient, gathered: Any) -> None:
    page = client.get(visitor.link)
    pictures = [client.get(f"{visitor.link}/p/{key}") for key in visitor.look().shown]
    names = [*gathered.definition.methods, *gathered.definition.shown, str(gathered.photos.folder)]
    heard = page.text + str(page.headers) + str([answer.headers for answer in pictures])
    assert not [name for name in names if name in heard or html.escape(name) in heard]
    headers = [
        {k: v for k, v in answer.headers.items() if k != "content-length"} for answer in pictures
    ]
    assert all(each == headers[0] for each in headers)
    assert "last-modified" not in headers[0]
    assert "etag" not in headers[0]
    assert headers[0]["cache-control"] == "private, max-age=31536000, immutable"


def test_two_people_never_share_a_key(client: TestClient, visit: Any) -> None:
    first, second = visit(client), visit(client)
    keys = []
    for person in (first, second):
        while (seen := person.look()) is not None:
            keys += [seen.trial, *seen.shown]
            person.rank(seen.trial, list(seen.shown))
    assert len(keys) == len(set(keys)) == 2 * 8 * 4


def test_another_person_s_keys_and_links_are_refused(client: TestClient, visit: Any) -> None:
    first, second = visit(client), visit(client)
    seen, other = first.look(), second.look()
    for key in (*other.shown, other.trial, seen.trial, "0" * 32, "", "x", "ä", "%2e%2e", "%00"):
        assert client.get(f"{first.link}/p/{key}").status_code == 404
    assert first.rank(other.trial, list(other.shown)).status_code == 404
    assert first.rank(seen.trial, list(other.shown)).status_code == 422
    assert (
        first.rank(seen.trial, [*list(seen.shown)[:2], next(iter(other.shown))]).status_code == 422
    )
    unknown = "/s/" + "A" * 22
    assert client.get(unknown).status_code == 404
    assert client.get(f"{unknown}/p/{next(iter(seen.shown))}").status_code == 404
    body = {"trial": seen.trial, "ranking": list(seen.shown), "seconds": 1}
    assert client.post(f"{unknown}/answers", json=body).status_code == 404
    assert client.post(f"{unknown}/withdraw").status_code == 404
    assert first.look() == seen


def test_a_repeated_answer_is_kept_once(visitor: Any, place: Any) -> None:
    seen = visitor.look()
    keys = list(seen.shown)
    first = visitor.rank(seen.trial, keys)
    again = visitor.rank(seen.trial, keys, 9)
    other = visitor.rank(seen.trial, keys[::-1])
    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert first.json() == again.json()
    assert list(other.json()) == ["error"]
    (answer,) = read_answers(place.database).answers
    assert answer.ranking == tuple(seen.shown[key][1] for key in keys)
    assert answer.seconds == 1.5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"3",
        b'"text"',
        b"\xff\xfe",
        b"[" * 15_000,
        b'{"trial":' * 1500,
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": NaN}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": Infinity}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": 1e400}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": -1}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": 1e9}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": ' + b"9" * 5000 + b"}",
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": true}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": "1"}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": null}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": [1]}',
        b'{"trial": "TRIAL", "ranking": RANKING}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": 1, "more": 1}',
        b'{"trial": "TRIAL", "trial": "TRIAL", "ranking": RANKING, "seconds": 1}',
        b'{"trial": "TRIAL", "ranking": RANKING, "seconds": 1, "seconds": 2}',
        b'{"trial": 1, "ranking": RANKING, "seconds": 1}',
        b'{"trial": "TRIAL", "ranking": "RANKING", "seconds": 1}',
        b'{"trial": "TRIAL", "ranking": {"0": 1}, "seconds": 1}',
        b'{"trial": "TRIAL", "ranking": [0, 1, 2], "seconds": 1}',
        b'{"trial": "TRIAL", "ranking": [], "seconds": 1}',
        b'{"trial": "TRIAL", "ranking": ["A", "A", "A"], "seconds": 1}',
        b'{"trial": "TRIAL", "ranking": ["A", "B", "C"], "seconds": 1}',
    ],
)
def test_a_malformed_answer_is_refused(
    visitor: Any, client: TestClient, place: Any, body: bytes
) -> None:
    seen = visitor.look()
    body = body.replace(b"TRIAL", seen.trial.encode())
    body = body.replace(b"RANKING", json.dumps(list(seen.shown)).encode())
    answer = client.post(f"{visitor.link}/answers", content=body)
    assert answer.status_code == 422
    assert list(answer.json()) == ["error"]
    assert read_answers(place.database).answers == ()
    assert visitor.look() == seen


def test_a_ranking_names_every_picture_once(visitor: Any) -> None:
    seen = visitor.look()
    keys = list(seen.shown)
    for wrong in (keys[:2], [*keys, keys[0]], [keys[0], keys[0], keys[1]], [seen.trial, *keys[1:]]):
        assert visitor.rank(seen.trial, wrong).status_code == 422


def test_an_unknown_trial_is_refused(visitor: Any) -> None:
    seen = visitor.look()
    for trial in ("", "0" * 32, "ä", seen.trial.upper() + "0"):
        assert visitor.rank(trial, list(seen.shown)).status_code == 404


def test_a_large_body_is_refused_and_not_read_on(visitor: Any, client: TestClient) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1024
            yield b" " * 1024

    for path in (f"{visitor.link}/answers", f"{visitor.link}/withdraw", "/join"):
        answer = client.post(path, content=b" " * (LARGEST_BODY + 1))
        assert answer.status_code == 413
        assert answer.headers["connection"] == "close"
        assert client.post(path, content=endless()).status_code == 413
    assert visitor.look() is not None


def test_a_body_of_the_largest_size_is_read(visitor: Any, client: TestClient) -> None:
    seen = visitor.look()
    body = json.dumps({"trial": seen.trial, "ranking": list(seen.shown), "seconds": 1})
    answer = client.post(f"{visitor.link}/answers", content=body.ljust(LARGEST_BODY))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/redoc",
        "/openapi.json",
        "/static/..%2fserver.py",
        "/static/%2e%2e%2fserver.py",
        "/s/%2e%2e%2fadmin%2fprogress",
        "/static/",
        "/static/pages.py",
        "/static/welcome.html.j2",
        "/s/",
        "/s//p/",
        "/admin",
        "/admin/",
        "/join",
        "/%00",
        "/s/" + "A" * 5000,
        "/study.sqlite",
    ],
)
def test_made_up_addresses_lead_nowhere(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code in (404, 405)
    assert "location" not in answer.headers


def test_other_methods_are_refused(visitor: Any, client: TestClient) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST"):
        for path in ("/", visitor.link, "/health", "/static/study.css", "/admin/export.csv"):
            assert client.request(method, path).status_code == 405
    assert client.get(f"{visitor.link}/withdraw").status_code == 405
    assert visitor.look() is not None


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "a" * 300, "evil.example@x", "x:99999999", "[::1"]
)
def test_a_host_that_is_none_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:80", "study.example.org"])
def test_any_host_is_served_and_never_repeated(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 200
    joined = client.post(
        "/join", data={"consent": "yes"}, headers={"host": host}, follow_redirects=False
    )
    assert joined.headers["location"].startswith("/s/")


@pytest.mark.parametrize(
    "body",
    ["", "consent=no", "consent=", "consent=yes&consent=yes", "x=1" + "&x=1" * 20, "{}", "\xff"],
)
def test_nobody_joins_without_consent(client: TestClient, service: Service, body: str) -> None:
    answer = client.post("/join", content=body.encode("latin-1"))
    assert answer.status_code == 422
    assert store.read_progress(service.database, 8).people == 0


def test_a_person_who_stops_is_forgotten(visitor: Any, client: TestClient, place: Any) -> None:
    seen = visitor.look()
    visitor.rank(seen.trial, list(seen.shown))
    assert len(read_answers(place.database).answers) == 1
    answer = client.post(f"{visitor.link}/withdraw")
    assert answer.status_code == 200
    assert "deleted" in answer.text
    kept = read_answers(place.database)
    assert (kept.people, kept.answers) == (0, ())
    assert client.get(visitor.link).status_code == 404
    assert client.post(f"{visitor.link}/withdraw").status_code == 404
    assert visitor.rank(seen.trial, list(seen.shown)).status_code == 404


def test_who_stops_is_told_so_even_if_the_log_cannot_be_emptied(
    visitor: Any, client: TestClient, service: Service, place: Any
) -> None:
    seen = visitor.look()
    visitor.rank(seen.trial, list(seen.shown))
    with contextlib.closing(service.database.writer.raw_connection()) as connection:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_authorizer(
            lambda action, name, *_: (
                sqlite3.SQLITE_DENY if name == "wal_checkpoint" else sqlite3.SQLITE_OK
            )
        )
    answer = client.post(f"{visitor.link}/withdraw")
    assert answer.status_code == 200
    assert "deleted" in answer.text
    assert read_answers(place.database).answers == ()


def test_a_full_study_says_so(client: TestClient, service: Service) -> None:
    for _ in range(6):
        assert store.add_person(service.database, service.definition, "c" * 64, 6)
    answer = client.post("/join", data={"consent": "yes"}, follow_redirects=False)
    assert answer.status_code == 403
    assert "full" in answer.text


def test_a_script_cannot_fill_the_study_at_once(client: TestClient, visit: Any) -> None:
    statuses = [
        client.post("/join", data={"consent": "yes"}, follow_redirects=False).status_code
        for _ in range(12)
    ]
    assert statuses == [303] * 6 + [403] * 4 + [429] * 2


def test_the_bucket_fills_again_slowly() -> None:
    time = itertools.count(0.0, 3.0)
    bucket = Bucket(2, 10, clock=lambda: next(time))  # every 3 s half a person
    assert [bucket.take() for _ in range(7)] == [True, True, True, False, True, False, True]


@pytest.mark.parametrize("path", ["/", "/health", "/nope", "/static/study.css", "/admin/progress"])
def test_every_answer_is_protected(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in headers["permissions-policy"]
    cache = "public, max-age=600" if path.startswith("/static") else "no-store"
    assert headers["cache-control"] == cache
    assert "set-cookie" not in headers
    assert not [name for name in headers if name.startswith("access-control")]


def test_the_admin_s_pages_need_the_token(visitor: Any, client: TestClient) -> None:
    wrong = [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {TOKEN}",
        f"Bearer  {TOKEN}",
        f"Bearer {TOKEN}x",
        TOKEN,
    ]
    for path in ("/admin/export.csv", "/admin/progress"):
        assert client.get(path).status_code == 401
        for value in wrong:
            answer = client.get(path, headers={"Authorization": value})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
        answer = client.get(path, headers={b"Authorization": "Bearer ä".encode()})
        assert answer.status_code == 401


def test_the_admin_gets_answers_and_progress(visitor: Any, client: TestClient, place: Any) -> None:
    seen = visitor.look()
    visitor.rank(seen.trial, list(seen.shown))
    owner = {"Authorization": f"Bearer {TOKEN}"}
    export = client.get("/admin/export.csv", headers=owner)
    assert export.headers["content-type"].startswith("text/csv")
    assert read_csv(export.text) == read_answers(place.database)
    assert len(list(csv.reader(io.StringIO(export.text)))) == 3
    progress = client.get("/admin/progress", headers=owner)
    assert progress.json() == {"people": 1, "finished": 0, "answers": 1}


def test_a_database_that_fails_is_no_answer(
    visitor: Any, service: Service, monkeypatch: pytest.MonkeyPatch, place: Any
) -> None:
    seen = visitor.look()
    with service.database.writer.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON study_answer "
            "BEGIN SELECT RAISE(ROLLBACK, 'disk is full') FROM missing_table; END"
        )
    refused = visitor.rank(seen.trial, list(seen.shown))
    assert refused.status_code == 503
    assert list(refused.json()) == ["error"]
    with service.database.writer.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    assert visitor.rank(seen.trial, list(seen.shown)).status_code == 200
