"""Searching in the names of all of PyPI."""

import http.client
import os
import random
import statistics
import time

import all_of_pypi as pypi
from served_pypi import ServedPypi
from server import eventually

ROUNDS = int(os.environ.get("MIRROR_ROUNDS", "3"))
SEARCHES = 1_000

ROWS = {
    "search": ("Search", "`GET /__api__/repos/pypi/packages?name_like=`: parts of two to twelve characters of names, each asked for once, one after "
               "the other on one connection; pages of 100 with the count of all that match.", [
        ("names", "names", "{:,.0f}", ""),
        ("matches", "names that match, on average", "{:,.0f}", ""),
        ("p50_ms", "median", "{:.1f} ms", ""),
        ("p99_ms", "99 of 100 within", "{:.1f} ms", "< 10 ms"),
        ("letter_ms", "a single letter, which half of the names have", "{:.1f} ms", ""),
        ("first_ms", "first search after a start of the server", "{:.0f} ms", ""),
    ]),
}


def asked(connection, text):
    begin = time.perf_counter()
    connection.request("GET", f"/__api__/repos/pypi/packages?name_like={text}&exact_first=true")
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return (time.perf_counter() - begin) * 1e3, int(answer.headers["X-Total-Count"])


def searches(names, chance):
    """Parts of names, none twice."""
    texts = set()
    while len(texts) < SEARCHES:
        name = chance.choice(names)
        length = chance.randint(2, 12)
        begin = chance.randrange(max(1, len(name) - length))
        texts.add(name[begin:begin + length])
    return sorted(texts, key=lambda _: chance.random())


def measure(folder):
    upstream = ServedPypi(folder / "search-upstream", pypi.SCALE)
    names, rounds = upstream.pypi.names, []
    with pypi.start(folder, "search", upstream.url) as server:
        pypi.sync(server)
        server.stop()
        server.launch()
        eventually(lambda: answers(server), 30)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        first, _ = asked(connection, "first-of-all")
        pypi.idle(server)
        for number in range(ROUNDS):
            found = [asked(connection, text) for text in searches(names, random.Random(number))]
            took = sorted(time for time, _ in found)
            rounds.append({"p50_ms": statistics.median(took), "p99_ms": took[len(took) * 99 // 100], "letter_ms": asked(connection, "eaiost"[number % 6])[0],
                           "matches": statistics.mean(count for _, count in found)})
        connection.close()
    upstream.stop()
    return {"search": {"names": len(names), "first_ms": first} | {row: statistics.median(one[row] for one in rounds) for row in rounds[0]}}


def answers(server):
    try:
        return server.get("/__ping__").status == 200
    except OSError:
        return False
