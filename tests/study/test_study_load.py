"""Fifty people at once, over real connections: no error, no lost answer, nobody mixed up."""

import collections
import concurrent.futures
import statistics
import time
from collections.abc import Callable
from typing import Any

import httpx

from romnet_bench.study.answers import read_answers

CLIENTS = 50


def test_fifty_people_at_once(
    start_server: Callable[..., Any], visit: Callable[..., Any], place: Any
) -> None:
    server = start_server("--people", "50", "--photos", "3", "--checks", "1")
    waits: list[float] = []

    def take_part(number: int) -> collections.Counter[tuple[object, ...]]:
        answered: collections.Counter[tuple[object, ...]] = collections.Counter()
        with httpx.Client(base_url=server.url, timeout=30, verify=False) as client:
            person = visit(client)
            while (seen := person.look()) is not None:
                keys = sorted(seen.shown)
                began = time.perf_counter()
                answer = person.rank(seen.trial, keys, number)
                waits.append(time.perf_counter() - began)
                assert answer.status_code == 200, answer.text
                methods = tuple(seen.shown[key][1] for key in keys)
                answered[number, seen.photo, methods if not seen.is_check else "check"] += 1
        return answered

    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        sent = sum(pool.map(take_part, range(CLIENTS)), collections.Counter())
    took = time.perf_counter() - began
    print(
        f"{len(waits) / took:.0f} answers/s with their pages and pictures; an answer takes "
        f"{1000 * statistics.median(waits):.0f} ms (median), {1000 * max(waits):.0f} ms (longest)"
    )

    kept = read_answers(place.database)
    assert kept.people == CLIENTS
    assert len(kept.answers) == CLIENTS * 4
    # Each client gave its own number as the seconds, which tells whose an answer is.
    stands = collections.Counter(
        (int(answer.seconds), answer.photo, answer.ranking if not answer.check else "check")
        for answer in kept.answers
    )
    assert stands == sent
    people = collections.defaultdict(set)
    for answer in kept.answers:
        people[answer.person].add(answer.seconds)
    assert sorted(people) == list(range(1, CLIENTS + 1))
    assert all(len(numbers) == 1 for numbers in people.values())
