"""Names that own sources and public ones both have: warned of at every upload, and listed for who keeps the server."""

import json

import pytest

from artifacts import r_name, r_package, wheel, wheel_name
from server import Granary

REPOSITORIES = (("all", "r", "team", "cran"), ("all-python", "python", "team-python", "pypi"),
                ("wrong-python", "python", "pypi", "team-python"))


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory, cran_upstream, pypi_upstream):
    """`wrong-python` has the mirror before the team's own source."""
    with Granary(tmp_path_factory.mktemp("conflicts"), {"CRAN": {"RequestsPerSecond": 0, "ReadOldVersions": "false"}}) as server:
        server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", cran_upstream.url)
        server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{pypi_upstream.url}/simple")
        server.source("r", name="team")
        server.source("python", name="team-python")
        for name, kind, *sources in REPOSITORIES:
            server.repository(kind, *sources, name=name)
        for source in ("cran", "pypi"):
            server.cli("sync", "--source", source, seconds=300)
        yield server


def test_add_warns_of_a_public_name_and_succeeds(mirrors):
    done = mirrors.add("team", {r_name("praise", "0.1"): r_package("praise", "0.1"), r_name("ours", "0.1"): r_package("ours", "0.1")})
    assert done.returncode == 0 and "2 added" in done.stdout
    [warning] = done.stderr.splitlines()
    assert "'cran' has a public package named praise too; served from 'team' in all" in warning


def test_a_project_that_only_the_list_of_pypi_knows_counts_in_any_spelling(mirrors):
    name = "Typing_Extensions-0.1-py3-none-any.whl"
    done = mirrors.add("team-python", {name: wheel("Typing_Extensions", "0.1")}, "-o", "json")
    assert done.returncode == 0, done.stderr
    [warning] = json.loads(done.stdout)[0]["result"]["warnings"]
    assert "'pypi' has a public package named Typing_Extensions too" in warning
    assert "NOT served from 'team-python' in wrong-python, where 'pypi' comes first" in warning


def test_twine_and_uv_are_warned_and_do_not_fail(mirrors, twine, uv):
    token, url = mirrors.token(), f"{mirrors.url}/upload/pypi/team-python"
    for client, version in ((twine, "0.1"), (uv, "0.2")):
        file = client.folder / wheel_name("idna", version)
        file.write_bytes(wheel("idna", version))
        (client.upload if client is twine else client.publish)(url, token, file)
    answer = mirrors.upload("team-python", wheel_name("idna", "0.3"), wheel("idna", "0.3"), token)
    assert answer.status == 200 and "warning: 'pypi' has a public package named idna too" in answer.text


def test_the_report_names_who_is_served_and_the_versions(mirrors):
    mirrors.added("team", {r_name("praise", "0.1"): r_package("praise", "0.1")})
    mirrors.added("team-python", {wheel_name("six", "0.1"): wheel("six", "0.1")})
    assert mirrors.get("/all-python/latest/simple/six/").status == 200
    assert mirrors.get("/wrong-python/latest/simple/six/").status == 200  # asks upstream for it
    found = {(one["repo"], one["name"]): one for one in mirrors.cli_json("list", "conflicts")}
    praise = found["all", "praise"]
    assert praise["served_from"] == "team" and not praise["public_served"]
    assert [source["name"] for source in praise["sources"]] == ["team", "cran"]
    assert praise["sources"][0]["versions"] == ["0.1"] and praise["sources"][1]["versions"][-1] == "1.0.0"
    assert found["all-python", "six"]["served_from"] == "team-python"
    wrong = found["wrong-python", "six"]
    assert wrong["served_from"] == "pypi" and wrong["public_served"]
    assert "1.15.0" in wrong["sources"][0]["versions"]
    assert ("all", "ours") not in found


def test_the_report_can_be_of_one_repository_and_is_a_table_for_people(mirrors):
    mirrors.added("team", {r_name("praise", "0.1"): r_package("praise", "0.1")})
    table = mirrors.cli("list", "conflicts", "--repo", "all").splitlines()
    assert table[0].split() == ["REPOSITORY", "PACKAGE", "SERVED", "FROM", "NEWEST", "NOT", "FROM", "NEWEST"]
    assert table[1].split() == ["all", "praise", "team", "0.1", "cran", "1.0.0"]
    refused = mirrors.run("list", "conflicts", "--repo", "nowhere")
    assert refused.returncode == 1 and "no repository named 'nowhere'" in refused.stderr
    assert mirrors.get("/__api__/conflicts").status == 401
    assert mirrors.get("/__api__/conflicts", Authorization=f"Bearer {mirrors.token('repos:read')}").status == 403
