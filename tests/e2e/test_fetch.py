"""Files of mirrors fetched before anybody asks: by requirements, by a lockfile, the newest, all; and then without an upstream."""

import json
import shutil
import subprocess

import faulty as faults
import pytest

from server import basic, eventually
from test_trouble import small_disk

QUICK = {"CRAN": {"RequestsPerSecond": 0}, "Jobs": {"Lease": "3s"}}
FILES = ("*.tar.gz", "*.whl")


def mirror(server, name, url, kind="cran"):
    server.cli("create", "source", "--name", name, "--type", kind, "--url", url)
    server.cli("create", "repo", "--name", name, "--type", "python" if kind == "pypi" else "r")
    server.cli("subscribe", "--repo", name, "--source", name)
    server.cli("sync", "--source", name, seconds=300)


def fetched(upstream):
    return {path: count for pattern in FILES for path, count in upstream.counts(pattern).items()}


def gone(upstream):
    """Connections that are open end, and there are no new ones."""
    upstream.fail("*", faults.silent())
    upstream.close()


@pytest.fixture
def cran(make_granary, cran_upstream, faulty):
    """A server with a mirror of CRAN, and the upstream that it asks."""
    upstream = faulty(cran_upstream.url)
    server = make_granary(settings=QUICK | {"CRAN": {"RequestsPerSecond": 0, "ReadOldVersions": "false"}}).start()
    mirror(server, "cran", upstream.url)
    upstream.forget()
    return server, upstream


def test_pip_installs_what_a_requirements_file_named_when_upstream_is_gone(make_granary, pypi_upstream, faulty, pip, tmp_path):
    upstream = faulty(pypi_upstream.url)
    server = make_granary(settings=QUICK).start()
    mirror(server, "pypi", f"{upstream.url}/simple", "pypi")
    (tmp_path / "more").mkdir()
    requirements = tmp_path / "requirements.txt"
    requirements.write_text('# what the service needs\n-r more/base.txt\nrequests==2.31.0 \\\n'
                            f'    --hash=sha256:{"0" * 64}\nclick ; python_version < "3"\n./local\n')
    (tmp_path / "more/base.txt").write_text("six>=1.15,<1.17  # not the newest\ncolorama; sys_platform == 'win32'\n")
    order = ["--source", "pypi", "--requirements", requirements, "--python-version", "3.11", "--platform", "linux_x86_64"]
    dry = server.run("fetch", *order, "--dryrun")
    assert dry.returncode == 0 and "would fetch 6 packages" in dry.stdout and "./local comes from no repository" in dry.stderr, dry
    assert not fetched(upstream)
    said = server.cli("fetch", *order)
    assert "6 packages" in said and "fetched" in said, said
    assert "6 packages" in server.cli("info", "--source", "pypi")
    assert set(fetched(upstream).values()) == {1}
    assert not any("colorama" in path or "click" in path or "1.17" in path for path in fetched(upstream))
    gone(upstream)
    pip.install(f"{server.url}/pypi/latest/simple/", "requests==2.31.0", "six>=1.15,<1.17")
    there = {path.name for path in (pip.folder / "site").iterdir()}
    assert {"requests", "urllib3", "idna", "certifi", "charset_normalizer", "six-1.16.0.dist-info"} <= there, there
    assert pip.install(f"{server.url}/pypi/latest/simple/", "click", check=False).returncode != 0


def test_r_installs_what_a_lockfile_of_renv_named_when_upstream_is_gone(cran, r, tmp_path):
    server, upstream = cran
    versions = {"R6": "2.5.1", "praise": "0.0.0.1"}  # of the archive
    packages = {name: {"Package": name, "Version": version, "Source": "Repository", "Repository": "CRAN"} for name, version in versions.items()}
    packages["mine"] = {"Package": "mine", "Version": "0.1", "Source": "GitHub", "RemoteHost": "api.github.com"}
    (tmp_path / "renv.lock").write_text(json.dumps({"R": {"Version": "4.2.2"}, "Packages": packages}))
    done = server.run("fetch", "--source", "cran", "--lockfile", tmp_path / "renv.lock")
    assert done.returncode == 0 and "2 packages: 2 files fetched" in done.stdout and "mine@0.1" in done.stderr, done
    gone(upstream)
    client = r(f"{server.url}/cran/latest")
    archive = f"{server.url}/cran/latest/src/contrib/Archive"
    answer = client.evaluate(f'''
        for (file in c("R6/R6_2.5.1.tar.gz", "praise/praise_0.0.0.1.tar.gz"))
            install.packages(paste0("{archive}/", file), repos = NULL, quiet = TRUE, INSTALL_opts = c("--no-docs", "--no-byte-compile"))
        cat("\\nhas", as.character(packageVersion("praise")), as.character(packageVersion("R6")))''')
    assert "has 0.0.0.1 2.5.1" in answer, answer


def test_an_old_version_of_r_is_fetched_by_its_number(cran):
    server, upstream = cran
    assert "1 files fetched" in server.cli("fetch", "--source", "cran", "--package", "praise@0.0.0.1", "--no-dependencies")
    assert [path.rsplit("/", 1)[1] for path in fetched(upstream)] == ["praise_0.0.0.1.tar.gz"]
    missing = server.run("fetch", "--source", "cran", "--package", "R6@99.1,nosuchthing,praise")
    assert missing.returncode == 1 and "nosuchthing" in missing.stderr and "R6@99.1" in missing.stderr and "1 files fetched" in missing.stdout, missing


def test_the_newest_of_all_then_all_then_nothing_again(cran):
    server, upstream = cran
    rows = server.get("/cran/latest/src/contrib/PACKAGES").text.count("Package: ")
    assert f" packages: {rows} files fetched" in server.cli("fetch", "--source", "cran", "--all", "--newest", "1", seconds=300)
    assert len(fetched(upstream)) == rows and set(fetched(upstream).values()) == {1}
    upstream.forget()
    everything = server.cli_json("fetch", "--source", "cran", "--all", seconds=300)["result"]
    assert everything["held"] == rows and everything["fetched"] > 20 and everything["failed"] == 0, everything
    again = server.cli("fetch", "--source", "cran", "--all", seconds=300)
    assert f" 0 files fetched (0 B), {rows + everything['fetched']} were held" in again, again
    assert server.cli_json("info", "--source", "cran")["held_files"] == rows + everything["fetched"]
    assert not server.cli_json("verify")["problems"]


def test_a_whole_index_by_the_setting_after_each_synchronisation(make_granary, pypi_upstream, faulty):
    upstream = faulty(pypi_upstream.url)
    server = make_granary(settings=QUICK | {"PyPI": {"Fetch": "newest 1"}}).start()
    mirror(server, "pypi", f"{upstream.url}/simple", "pypi")
    eventually(lambda: "packages: " in server.cli_json("info", "--source", "pypi")["last_fetch"], 120)
    [job] = server.cli_json("list", "jobs", "--kind", "fetch-all")
    names = len(server.get("/pypi/latest/simple/", Accept="application/vnd.pypi.simple.v1+json").json["projects"])
    assert job["state"] == "succeeded" and job["result"]["packages"] == names and job["result"]["failed"] == 0, job
    assert any("six-1.17.0" in path for path in fetched(upstream)) and not any("six-1.16.0" in path for path in fetched(upstream))
    upstream.forget()
    server.cli("sync", "--source", "pypi")
    eventually(lambda: [one["state"] for one in server.cli_json("list", "jobs", "--kind", "fetch-all")] == ["succeeded"] * 2, 60)
    assert not fetched(upstream)


def test_killed_in_the_middle_it_goes_on_and_fetches_nothing_twice(cran):
    server, upstream = cran
    upstream.fail("*.tar.gz", faults.slow(0.4))
    job = server.cli_json("fetch", "--source", "cran", "--all", "--newest", "1", "--no-wait")
    assert job["kind"] == "fetch-all" and job["state"] in ("waiting", "running")
    eventually(lambda: len(fetched(upstream)) > 25, 60)
    server.kill()
    upstream.heal()
    server.start()
    held = server.cli_json("info", "--source", "cran")["held_files"]
    assert held > 8
    done = server.cli_json("fetch", "--source", "cran", "--all", "--newest", "1", seconds=300)
    assert done["id"] == job["id"] and done["state"] == "succeeded" and done["result"]["failed"] == 0, done
    assert done["result"]["held"] >= held
    twice = [path for path, count in fetched(upstream).items() if count > 1]
    assert len(twice) <= 8 and max(fetched(upstream).values()) <= 2, "only those that were on their way"


def test_a_bad_file_is_named_and_the_rest_comes(cran):
    server, upstream = cran
    upstream.fail("*/praise_1.0.0.tar.gz", faults.wrong_bytes())
    failed = server.run("fetch", "--source", "cran", "--all", "--newest", "1", seconds=300)
    assert failed.returncode == 1 and "praise_1.0.0.tar.gz" in failed.stderr and "1 files could not be had" in failed.stderr, failed
    [job] = server.cli_json("list", "jobs", "--kind", "fetch-all")
    assert job["state"] == "succeeded" and job["result"]["failed"] == 1
    assert "praise_1.0.0.tar.gz" in server.cli("info", "job", "--id", job["id"])
    assert "1 could not be had" in server.cli("info", "--source", "cran")
    upstream.heal()
    assert " 1 files fetched" in server.cli("fetch", "--source", "cran", "--all", "--newest", "1", seconds=300)


def test_a_full_disk_stops_it_and_room_lets_it_go_on(make_granary, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    order = ["fetch", "--source", "cran", "--all"]
    with small_disk(3) as disk:
        server = make_granary(settings=QUICK | {"FileStorage": {"Location": disk / "packages"}}).start()
        mirror(server, "cran", upstream.url)
        full = server.run(*order, seconds=300)
        assert full.returncode == 1 and "No space left" in full.stderr and "free space" in full.stderr, full
        [job] = server.cli_json("list", "jobs", "--kind", "fetch-all")
        assert job["state"] == "failed" and not job["retrying"], job
        held = server.cli_json("info", "--source", "cran")["held_files"]
        assert held > 10
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        done = server.cli_json(*order, seconds=300)["result"]
        assert done["held"] == held and done["failed"] == 0, done
        assert not server.cli_json("verify")["problems"]
        assert server.stop() == 0


def test_a_full_disk_of_one_node_leaves_it_to_another(make_granary, cran_upstream):
    """With S3 files only pass through a node."""
    with small_disk(3) as disk:
        first = make_granary("postgres-s3", settings=QUICK | {"Server": {"DataDir": disk / "data", "NodeName": "full"}}).start()
        mirror(first, "cran", cran_upstream.url)
        (disk / "full").write_bytes(bytes(shutil.disk_usage(disk).free - 4096))
        order = ["fetch", "--source", "cran", "--package", "R6", "--no-wait"]
        first.cli(*order)
        eventually(lambda: "No space left" in first.cli_json("list", "jobs", "--kind", "fetch")[0]["error"], 20)
        assert first.cli_json("list", "jobs", "--kind", "fetch")[0]["state"] in ("waiting", "running")  # tried now and then
        second = make_granary(share=first, settings=QUICK | {"Server": {"NodeName": "roomy"}}).start()
        eventually(lambda: second.cli_json("list", "jobs", "--kind", "fetch")[0]["state"] == "succeeded", 20)
        assert second.cli_json("list", "jobs", "--kind", "fetch")[0]["result"]["failed"] == 0


def test_who_may_order_what_and_how_it_is_stopped(cran):
    server, upstream = cran
    path = "/__api__/sources/cran/fetch"

    def post(body, token, source_path=path):
        return server.request("POST", source_path, basic("__token__", token), json.dumps(body))

    admin = server.token("global:admin")
    assert post({"all": True}, server.token("sources:write")).status == 403
    for body in ({}, {"all": True, "packages": ["R6"]}, {"packages": ["../x"]}, {"packages": ["R6"], "newest": 0}, {"packages": ["R6"], "dates": ["soon"]},
                 {"packages": ["R6"], "platforms": ["beos"]}, {"packages": ["R6"], "nonsense": 1}, {"packages": "R6", "newest": "two"}):
        answer = post(body, admin)
        assert answer.status == 400 and answer.json["error"], body
    assert post({"packages": ["R6"], "also": ["none"]}, admin).status == 404
    assert post({"packages": [f"name{i}" for i in range(20_000)]}, admin).status == 413
    waited = post({"packages": ["praise"]}, admin, path + "?wait=true")
    assert waited.status == 200 and waited.json["result"]["fetched"] == 1
    server.cli("create", "source", "--name", "away", "--type", "cran", "--url", "offline:")
    assert "granary import" in server.run("fetch", "--source", "away", "--all").stderr
    for words in (["--source", "cran"], ["--source", "cran", "--all", "--package", "R6"], ["--source", "nowhere", "--all"],
                  ["--source", "cran", "--requirements", "/nowhere/requirements.txt"], ["--source", "cran", "--package", "R6", "--newest", "0"]):
        refused = server.run("fetch", *words)
        assert refused.returncode == 1 and len(refused.stderr.splitlines()) <= 2, refused

    upstream.fail("*.tar.gz", faults.hang())
    job = server.cli_json("fetch", "--source", "cran", "--all", "--no-wait")
    eventually(lambda: upstream.count("*.tar.gz") >= 8, 30)
    server.cli("cancel", "job", "--id", job["id"])
    eventually(lambda: [one["state"] for one in server.cli_json("list", "jobs", "--kind", "fetch-all")] == ["cancelled"], 20)


def test_a_wrong_setting_is_refused_at_start(make_granary):
    with pytest.raises(RuntimeError, match="CRAN.Fetch"):
        make_granary(settings={"CRAN": {"Fetch": "some"}}).start()


def test_software_of_bioconductor_with_what_it_needs_of_cran(make_granary, cran_upstream, bioconductor_upstream, faulty):
    upstream = faulty(bioconductor_upstream.url)
    server = make_granary(settings=QUICK).start()
    mirror(server, "cran", cran_upstream.url)
    server.cli("create", "source", "--name", "bioc", "--type", "bioconductor", "--url", upstream.url)
    server.cli("sync", "--source", "bioc", seconds=300)
    said = server.run("fetch", "--source", "bioc,cran", "--package", "BiocGenerics,praise")
    assert said.returncode == 0, said
    [path] = fetched(upstream)
    assert "/bioc/src/contrib/BiocGenerics_" in path
    assert server.cli_json("info", "--source", "cran")["held_files"] == 1
