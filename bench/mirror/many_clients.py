"""64 clients that resolve at the same time, of a server that mirrors all of CRAN and PyPI and holds no page yet; its memory after all."""

import asyncio
import itertools
import os
import random
import statistics
import time

import all_of_cran as cran
import nginx
import all_of_pypi as pypi
import search
from served_pypi import ServedPypi, numbers

CLIENTS, AT_ONCE, PAGES = 64, 50, 200
TRIES = 4  # as uv: of a 503 it asks again, three times

ROWS = {
    "clients": ("64 clients resolve with a cold cache", f"Each asks for {PAGES} pages of projects that many want, 50 at a time, as uv does; the server "
                "was synchronised with all of CRAN and PyPI, and has no page of a project yet.", [
        ("pages", "pages asked for", "{:,.0f}", ""),
        ("distinct", "distinct pages", "{:,.0f}", ""),
        ("upstream", "requests to the upstream", "{:,.0f}", "as many as distinct pages"),
        ("most", "most requests of one page", "{:.0f}", "1"),
        ("failed", "answers that were no page", "{:.0f}", "0"),
        ("again", "pages that were asked for again, after 503", "{:.0f}", ""),
        ("took_s", "all clients are done after", "{:.1f} s", ""),
        ("warm_s", "the same again, everything known", "{:.1f} s", ""),
    ]),
    "memory": ("Memory", "Of the same server, which has also served the indexes of CRAN and the lists of PyPI, today's and those of past days, and "
               "1,000 searches.", [
        ("resident_mb", "resident in the end", "{:.0f} MB", "< 600 MB"),
        ("peak_mb", "peak, synchronising included", "{:.0f} MB", ""),
    ]),
}


def wanted(names, chance):
    """For each client projects, the first of which everybody wants."""
    weights = [1 / (1 + number) ** 0.6 for number in range(len(names))]
    totals = list(itertools.accumulate(weights))
    return [list(dict.fromkeys(chance.choices(names, cum_weights=totals, k=2 * PAGES)))[:PAGES] for _ in range(CLIENTS)]


async def page(reader, writer, name):
    writer.write(f"GET /pypi/latest/simple/{name}/ HTTP/1.1\r\nHost: x\r\nAccept: {pypi.JSON}\r\nAccept-Encoding: gzip, br, zstd\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length: ")[1].split(b"\r")[0])
    await reader.readexactly(length)
    return int(head.split()[1])


async def client(port, names, statuses):
    left = iter(names)

    async def connection():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for name in left:
            for attempt in range(TRIES):
                status = await page(reader, writer, name)
                statuses[status] = statuses.get(status, 0) + 1
                if status != 503 or attempt == TRIES - 1:
                    break
                await asyncio.sleep(0.5 * 2 ** attempt)
        writer.close()
    await asyncio.gather(*(connection() for _ in range(AT_ONCE)))


async def resolve(port, lists):
    statuses = {}
    begin = time.perf_counter()
    await asyncio.gather(*(client(port, names, statuses) for names in lists))
    return time.perf_counter() - begin, statuses


def everything_else(server, names):
    """What users ask of such a server."""
    for path in ("PACKAGES", "PACKAGES.gz", "PACKAGES.rds", "Meta/archive.rds"):
        for snapshot in ("latest", "2019-03-01", "2022-07-08", "2024-11-05"):
            cran.fetched(server, f"/cran/{snapshot}{cran.CONTRIB}{path}")
    for how in pypi.LISTS.values():
        pypi.the_list(server, *how)
    connection = search.http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for text in search.searches(names, random.Random(1)):
        search.asked(connection, text)
    connection.close()


def measure(folder):
    upstream = ServedPypi(folder / "clients-upstream", pypi.SCALE)
    names = upstream.pypi.names
    web = nginx.Nginx(folder / "clients-cran", cran.upstream()[0] / "today")
    lists = wanted([names[number] for number in numbers(len(names))[5:]], random.Random(1))
    with pypi.start(folder, "clients", upstream.url) as server:
        cran.mirror(server, "cran", web.url)
        pypi.sync(server)
        cran.sync(server, "cran")
        pypi.idle(server)
        upstream.requests()
        took, statuses = asyncio.run(resolve(server.port, lists))
        asked = {path: count for path, count in upstream.requests().items() if path != "/simple/"}
        warm, _ = asyncio.run(resolve(server.port, lists))
        everything_else(server, names)
        upstream.show("tomorrow")
        pypi.sync(server)
        pypi.idle(server)
        found = {"resident_mb": server.resident_bytes() / 1e6, "peak_mb": server.resident_bytes(peak=True) / 1e6}
        print(statuses, statistics.mean(asked.values()), flush=True)
    web.stop()
    upstream.stop()
    return {"clients": {"pages": sum(map(len, lists)), "distinct": len(set().union(*lists)), "upstream": sum(asked.values()),
                        "most": max(asked.values()), "failed": sum(map(len, lists)) - statuses.get(200, 0), "again": statuses.get(503, 0),
                        "took_s": took, "warm_s": warm}, "memory": found}
