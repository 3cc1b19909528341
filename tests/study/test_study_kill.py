"""The server is killed while people answer: what was acknowledged is kept, exactly once."""

import contextlib
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from romnet_bench.study.answers import read_answers

CLIENTS = 8


def test_a_killed_server_loses_no_answer(
    start_server: Callable[..., Any], visit: Callable[..., Any], place: Any
) -> None:
    options = ("--people", str(CLIENTS), "--photos", "9", "--checks", "9")
    server = start_server(*options)
    links: list[str] = []
    acknowledged: set[tuple[str, tuple[str, ...], float]] = set()
    sent: set[tuple[str, tuple[str, ...], float]] = set()

    def take_part(number: int) -> None:
        # Until the connection breaks under it.
        with (
            contextlib.suppress(httpx.TransportError),
            httpx.Client(base_url=server.url, verify=False) as client,
        ):
            person = visit(client)
            links.append(person.link)
            while (seen := person.look()) is not None:
                keys = sorted(seen.shown)
                ranked = (seen.photo, tuple(seen.shown[key][1] for key in keys), float(number))
                if not seen.is_check:
                    sent.add(ranked)
                if person.rank(seen.trial, keys, number).status_code == 200 and not seen.is_check:
                    acknowledged.add(ranked)

    threads = [threading.Thread(target=take_part, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 3 * CLIENTS and any(thread.is_alive() for thread in threads):
        time.sleep(0.002)
    server.process.send_signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    assert server.process.wait() == -signal.SIGKILL
    assert len(acknowledged) < 9 * CLIENTS  # it was killed in the middle

    again = start_server(*options)
    kept = read_answers(place.database)  # refuses whatever is malformed or stands twice
    stands = [(a.photo, a.ranking, a.seconds) for a in kept.answers if not a.check]
    assert len(stands) == len(set(stands))
    # What was on its way when the server died may or may not be there.
    assert acknowledged <= set(stands) <= sent
    with sqlite3.connect(place.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []

    # Every link leads on, to the end.
    with httpx.Client(base_url=again.url, verify=False) as client:
        for link in links:
            assert client.get(link).status_code == 200
        person = visit(client, links[0])
        while (seen := person.look()) is not None:
            assert person.rank(seen.trial, list(seen.shown)).status_code == 200
    again.process.terminate()  # which ends it in order
    _, rest = again.process.communicate(timeout=20)
    assert again.process.returncode == 0
    assert rest.endswith("the same command goes on.\n")
    people = [answer.person for answer in read_answers(place.database).answers]
    assert max(people.count(number) for number in set(people)) == 18
