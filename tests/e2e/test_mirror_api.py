"""What the API says of mirrored repositories: dates, transactions, packages; frozen sources; URLs below a path prefix."""

import datetime

import pytest

from artifacts import r_name, r_package
from server import Granary

TODAY = datetime.datetime.now(datetime.timezone.utc).date()
CONTRIB = "/src/contrib/"


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory, cran_upstream, bioconductor_upstream, pypi_upstream):
    upstreams = {"cran": ("r", cran_upstream.url), "bioconductor": ("bioconductor", bioconductor_upstream.url),
                 "pypi": ("python", f"{pypi_upstream.url}/simple")}
    with Granary(tmp_path_factory.mktemp("api")) as server:
        for name, (kind, url) in upstreams.items():
            server.cli("create", "source", "--name", name, "--type", name, "--url", url)
            server.cli("create", "repo", "--name", name, "--type", kind)
            server.cli("subscribe", "--repo", name, "--source", name)
        server.source("r", name="team")
        server.cli("create", "source", "--name", "frozen", "--type", "cran-snapshot", "--snapshot", "2024-01-01")
        for name, sources in (("all", ["team", "cran"]), ("y2024", ["frozen"]), ("empty", [])):
            server.cli("create", "repo", "--name", name)
            for source in sources:
                server.cli("subscribe", "--repo", name, "--source", source)
        for name in upstreams:
            server.cli("sync", "--source", name, seconds=300)
        server.added("team", {r_name("praise", "0.1"): r_package("praise", "0.1")})
        yield server


def dates(server, repository, query=""):
    return [one["alias"] for one in server.get(f"/__api__/repos/{repository}/transaction-dates{query}").json]


@pytest.mark.parametrize("repository,earliest", [("cran", "2015-"), ("all", "2015-"), ("pypi", "2005-01-01"), ("y2024", "2015-")])
def test_every_day_since_upstreams_first_one_is_a_date_of_a_mirror(mirrors, repository, earliest):
    known = dates(mirrors, repository, "?_sort=date&_order=asc")
    days = [datetime.date.fromisoformat(one) for one in known]
    assert known[0] <= earliest + "~" and days[-1] == TODAY
    assert len(days) == (days[-1] - days[0]).days + 1 and days == sorted(days)
    assert dates(mirrors, repository, "?_sort=date&_order=desc") == known[::-1]


def test_days_without_a_mirror_are_those_of_transactions(mirrors):
    assert dates(mirrors, "empty") == []
    assert dates(mirrors, "bioconductor") == [TODAY.isoformat()]


def test_transactions_of_a_source_are_open_to_who_may_read_a_repository_of_it(mirrors):
    path = "/__api__/sources/{}/transactions?_limit=10000"
    assert mirrors.get(path.format("cran")).json[-1]["kind"] == "sync"
    hidden, shown = mirrors.source("r"), mirrors.source("r")
    name = mirrors.repository("r", shown, authenticated=True)
    for source, scope, status in ((hidden, None, 401), (hidden, "repos:read", 401), (hidden, f"sources:write:{hidden}", 200), (shown, None, 401),
                                  (shown, "repos:read:cran", 401), (shown, f"repos:read:{name}", 200), (shown, "global:admin", 200)):
        headers = {"Authorization": f"Bearer {mirrors.token(scope)}"} if scope else {}
        assert mirrors.get(path.format(source), **headers).status == status, (scope, status)
    mirrors.cli("unsubscribe", "--repo", name, "--source", shown)


@pytest.mark.parametrize("tree,tag", [("bin/linux/noble-x86_64/contrib/4.6", "4.6-noble"), ("bin/linux/noble-aarch64/contrib/4.6", "4.6-noble-aarch64"),
                                      ("bin/linux/4.5-jammy/contrib/4.5", "4.5-jammy"), ("bin/windows/contrib/4.5", "4.5-win"),
                                      ("bin/macosx/big-sur-arm64/contrib/4.5", "4.5-big-sur-arm64")])
def test_trees_of_binaries_are_named_as_clients_know_them(mirrors, tree, tag):
    for method in ("GET", "HEAD"):
        answer = mirrors.request(method, f"/cran/latest/{tree}/PACKAGES.gz")
        assert (answer.status, answer.headers["X-Package-Binary-Tag"], answer.headers["X-Repository-Type"]) == (200, tag, "RSPM")


def test_transactions_of_a_mirror_say_when_and_what(mirrors):
    [source] = mirrors.get("/__api__/repos/cran/sources").json
    assert (source["name"], source["type"]) == ("cran", "cran")
    token = mirrors.token("sources:write")
    listed = mirrors.get(f"/__api__/sources/{source['id']}/transactions?_limit=10000", Authorization=f"Bearer {token}").json
    first = mirrors.get("/__api__/repos/cran/first-transaction").json
    assert listed[-1]["id"] == first["id"] and first["completed"] is True and first["kind"] == "sync"
    assert first["published_to"].startswith(TODAY.isoformat())
    assert mirrors.get("/__api__/repos/y2024/first-transaction").json["id"] == first["id"]
    assert mirrors.get("/__api__/repos/empty/first-transaction").json is None
    assert mirrors.get(f"/cran/{first['id']}{CONTRIB}PACKAGES").status == 200
    assert [one["name"] for one in mirrors.get("/__api__/repos/all/sources").json] == ["team", "cran"]


def test_any_day_of_the_calendar_is_the_nearest_earlier_state(mirrors):
    def page(day):
        answer = mirrors.get(f"/cran/{day}{CONTRIB}PACKAGES")
        assert answer.status == 200, day
        return answer.text

    assert page("1990-01-01") == ""
    assert page("2025-12-25") and page("2026-02-28")  # a holiday, a weekend
    assert "Package: fitbitScraper\n" in page("2024-02-18") and "Package: fitbitScraper\n" not in page("2024-02-20")
    assert page(TODAY + datetime.timedelta(days=400)) == mirrors.get(f"/cran/latest{CONTRIB}PACKAGES").text
    for wrong in ("2023-02-29", "2024-13-01", "2024-1-1", "yesterday"):
        assert mirrors.get(f"/cran/{wrong}{CONTRIB}PACKAGES").status == 404, wrong


def test_a_frozen_source_shows_its_day_for_ever(mirrors, r):
    def versions(path):  # more is learned of them meanwhile
        return [line for line in mirrors.get(path + CONTRIB + "PACKAGES").text.splitlines() if line.startswith(("Package:", "Version:"))]

    for snapshot, day in (("latest", "2024-01-01"), (TODAY, "2024-01-01"), ("2024-06-01", "2024-01-01"), ("2020-01-01", "2020-01-01")):
        assert versions(f"/y2024/{snapshot}") == versions(f"/cran/{day}") != []
        archive = f"{CONTRIB}Meta/archive.rds"
        assert mirrors.get(f"/y2024/{snapshot}{archive}").body == mirrors.get(f"/cran/{day}{archive}").body
    assert "max-age=86400" in mirrors.get(f"/y2024/2024-06-01{CONTRIB}PACKAGES").headers["Cache-Control"]
    assert mirrors.get("/y2024/latest/bin/windows/contrib/4.2/PACKAGES").status == 200
    assert "fitbitScraper" in r(f"{mirrors.url}/y2024/latest").evaluate("cat(rownames(available.packages(filters = list())))")


def test_each_source_may_be_pinned_by_itself(mirrors):
    number = mirrors.get("/__api__/repos/cran/first-transaction").json["id"]
    for more in ([], ["--lock"], ["--no-alias"], ["--lock", "--no-alias"]):
        made = mirrors.cli_json("url", "create", "--repo", "all", "--date", "2024-01-01", "--snapshot", f"cran:{number}",
                                "--snapshot", "team:latest", *more)
        listed = mirrors.get(f"/all/{made['snapshot']}{CONTRIB}PACKAGES").text
        assert "Package: praise\nVersion: 0.1\n" in listed and "Package: R6\nVersion: 2.6.1\n" in listed
        assert mirrors.get(f"/all/__linux__/noble/{made['snapshot']}{CONTRIB}PACKAGES").text == listed
        assert mirrors.get(f"/all/{made['snapshot']}/bin/windows/contrib/4.2/PACKAGES").status == 200


def test_r_packages_of_mirrors_are_listed_and_found(mirrors):
    for repository, name in (("cran", "R6"), ("bioconductor", "BiocVersion")):
        listed = mirrors.get(f"/__api__/repos/{repository}/packages?name_like={name[:3].lower()}")
        assert listed.status == 200 and name in [one["name"] for one in listed.json], repository
        assert mirrors.get(f"/__api__/repos/{repository}/packages/{name}").status == 200
    old = mirrors.get("/__api__/repos/bioconductor/packages/BiocVersion?bioc_version=3.16").json
    assert old["version"] == "3.16.0"


def test_projects_of_pypi_are_found_before_and_after_they_are_fetched(make_granary, pypi_upstream):
    server = make_granary().start()
    server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", pypi_upstream.url + "/simple")
    server.source("python", "team")
    server.repository("python", "team", "pypi", name="py")
    server.cli("sync", "--source", "pypi", seconds=300)
    search = "/__api__/repos/py/packages?exact_first=true&name_like="
    names = sorted(one["name"] for one in server.get("/py/latest/simple/", Accept="application/vnd.pypi.simple.v1+json").json["projects"])
    name = min(names, key=len)
    before = server.get(search + name.upper())
    assert before.json[0] | {"package_date": None} == {"name": name, "version": "", "summary": "", "license": "", "package_date": None,
                                                      "package_size": 0, "is_archived": False}
    assert before.headers["X-Total-Count"] == str(sum(name in other for other in names))
    assert server.get(f"/py/latest/simple/{name}/").status == 200
    after = server.get(search + name)
    assert after.json[0]["name"].lower() == name and after.json[0]["version"]
    assert server.get(f"/__api__/repos/py/packages/{name}").json["version"] == after.json[0]["version"]
    assert server.get("/__api__/repos/py/packages?_limit=1000").headers["X-Total-Count"] == str(len(names))


def test_everything_works_below_a_path(make_granary, cran_upstream, bioconductor_upstream, r):
    server = make_granary(settings={"Server": {"Address": "http://packages.example/sub/granary"}, "HTTP": {"TrustedProxies": "127.0.0.1"}})
    server.start()
    for name, url in (("cran", cran_upstream.url), ("bioconductor", bioconductor_upstream.url)):
        server.cli("create", "source", "--name", name, "--type", name, "--url", url)
        server.cli("create", "repo", "--name", name, "--type", "r" if name == "cran" else name)
        server.cli("subscribe", "--repo", name, "--source", name)
        server.cli("sync", "--source", name, seconds=300)
    made = server.cli_json("url", "create", "--repo", "cran", "--date", "2024-01-01", "--lock")
    assert made["url"] == f"http://packages.example/sub/granary/cran/{made['snapshot']}"
    base = f"{server.url}/sub/granary"
    assert server.get("/sub/granary/bioconductor/config.yaml").status == 200
    folder = server.get(f"/sub/granary/cran/latest/bin/windows/contrib/4.2", **{"X-RSPM-Request": "http://packages.example/sub/granary/x"})
    assert (folder.status, folder.headers["Location"]) == (301, "4.2/")
    client = r(f"{base}/cran/__linux__/jammy/{made['snapshot']}")
    client.environment["BIOCONDUCTOR_CONFIG_FILE"] = f"{base}/bioconductor/latest/config.yaml"
    client.evaluate(f'''options(BioC_mirror = "{base}/bioconductor/__linux__/jammy/latest", warn = 1)
        install.packages("praise", quiet = TRUE)
        BiocManager::install("org.Hv.eg.db", version = "3.16", update = FALSE, ask = FALSE, quiet = TRUE)
        stopifnot(packageVersion("org.Hv.eg.db") == "3.16.0", packageVersion("praise") == "1.0.0")''')
