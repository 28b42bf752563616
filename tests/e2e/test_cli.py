"""Every command: its help, its output for people and for programs, its exit code."""

import json
import uuid

import pytest

from artifacts import r_name, r_package, sdist, sdist_name, wheel, wheel_name

COMMANDS = ["serve", "create source", "create repo", "create token", "edit source", "edit repo", "delete source", "delete repo",
            "list", "list sources", "list repos", "list packages", "list tokens", "info", "subscribe", "unsubscribe", "reorder",
            "add", "archive", "remove package", "yank", "unyank", "revoke token", "check-config", "verify", "gc",
            "list jobs", "info job", "run job", "cancel job"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(make_granary, command):
    done = make_granary().run(*command.split(), "--help")
    assert done.returncode == 0
    assert f"granary {command}" in done.stdout.split("xample", 1)[1], done.stdout


def test_version_and_help_need_no_server(make_granary):
    server = make_granary()
    assert server.run("--version").stdout.strip()
    assert "create" in server.run("--help").stdout


@pytest.mark.parametrize("arguments", [["frobnicate"], ["create"], ["create", "source"], ["list", "packages", "--no-such-flag"],
                                       ["create", "source", "--name", "x", "--type", "cobol"], ["add", "--source", "x"]])
def test_misuse_is_said_on_stderr_with_a_code(granary, arguments):
    done = granary.run(*arguments)
    assert done.returncode not in (0, 139, 134) and done.stderr.strip() and not done.stdout.strip(), done


def test_without_a_server_the_message_says_what_to_do(make_granary):
    done = make_granary().run("list", "sources")
    assert done.returncode != 0 and "granary serve" in done.stderr, done.stderr


def test_the_life_of_a_source_and_a_repository(granary):
    source, repository = (f"{kind}-{uuid.uuid4().hex[:6]}" for kind in ("source", "repo"))
    made = granary.cli_json("create", "source", "--name", source, "--type", "local")
    assert made["name"] == source
    assert granary.run("create", "source", "--name", source, "--type", "local").returncode != 0
    granary.cli("create", "source", "--name", source, "--type", "local", "--succeed-on-existing")
    granary.cli("create", "repo", "--name", repository, "--type", "r", "--description", "for tests")
    granary.cli("subscribe", "--repo", repository, "--source", source)
    assert source in granary.cli("info", "--repo", repository)
    assert "for tests" in json.dumps(granary.cli_json("info", "--repo", repository))
    assert source in {s["name"] for s in granary.cli_json("list", "sources")}
    assert repository in {r["name"] for r in granary.cli_json("list", "repos")}
    assert source in granary.cli("list") and repository in granary.cli("list")
    granary.cli("edit", "repo", "--name", repository, "--new-name", repository + "2")
    assert granary.get(f"/{repository}2/latest/src/contrib/PACKAGES").status == 200
    assert granary.get(f"/{repository}/latest/src/contrib/PACKAGES").status == 404
    assert granary.run("delete", "source", "--name", source).returncode != 0, "a repository still has it"
    granary.cli("unsubscribe", "--repo", repository + "2", "--source", source)
    granary.cli("delete", "repo", "--name", repository + "2")
    granary.cli("delete", "source", "--name", source)
    assert granary.run("info", "--source", source).returncode != 0


def test_a_source_and_a_repository_of_different_kinds_do_not_fit(granary):
    repository = granary.repository("r")
    done = granary.run("subscribe", "--repo", repository, "--source", granary.source("python"))
    assert done.returncode != 0 and done.stderr.strip()


def test_add_tells_r_and_python_apart_and_takes_folders(granary, tmp_path):
    source = granary.source("python")
    for name, data in {wheel_name("mix", "1.0"): wheel("mix", "1.0"), sdist_name("mix", "1.0"): sdist("mix", "1.0")}.items():
        (tmp_path / name).write_bytes(data)
    granary.cli("add", "--source", source, "--path", tmp_path)
    listed = granary.cli_json("list", "packages", "--source", source)
    assert [p["name"] for p in listed] == ["mix"]
    refused = granary.add(source, {r_name("mix", "1.0"): r_package("mix", "1.0")})
    assert refused.returncode != 0 and "R package" in refused.stderr, refused.stderr


def test_add_dryrun_changes_nothing(granary):
    name = granary.repository("python")
    granary.added(name, {wheel_name("plan", "1.0"): wheel("plan", "1.0")}, "--dryrun")
    assert granary.filenames(name, "plan") == []


def test_add_replace(granary):
    name = granary.repository("python")
    file = wheel_name("swap", "1.0")
    granary.added(name, {file: wheel("swap", "1.0")})
    other = wheel("swap", "1.0", answer="other")
    refused = granary.add(name, {file: other})
    assert refused.returncode != 0 and "--replace" in refused.stderr, refused.stderr
    granary.added(name, {file: other}, "--replace")
    assert granary.get(granary.file_url(name, "swap", file)).body == other


def test_add_of_the_same_bytes_again_is_success(granary):
    name = granary.repository("r")
    for _ in range(2):
        granary.added(name, {r_name("same", "1.0"): r_package("same", "1.0")})


def test_one_bad_file_among_good_ones_is_named(granary):
    name = granary.repository("python")
    done = granary.add(name, {wheel_name("good", "1.0"): wheel("good", "1.0"), wheel_name("bad", "1.0"): b"no zip at all"})
    assert done.returncode != 0 and wheel_name("bad", "1.0") in done.stderr
    assert granary.filenames(name, "good") == [wheel_name("good", "1.0")] and granary.filenames(name, "bad") == []


def test_output_to_a_pipe_has_no_progress_bar(granary):
    done = granary.add(granary.source("python"), {wheel_name("plain", "1.0"): wheel("plain", "1.0")})
    assert "\x1b" not in done.stdout + done.stderr and "\r" not in done.stdout + done.stderr


def test_remove_by_version_by_file_and_all(granary):
    name = granary.repository("python")
    granary.added(name, {wheel_name("weed", v): wheel("weed", v) for v in ("1.0", "1.1", "1.2", "1.3")})
    granary.cli("remove", "package", "--source", name, "--name", "weed@1.0")
    granary.cli("remove", "package", "--source", name, "--name", f"weed@{wheel_name('weed', '1.1')}")
    assert sorted(granary.filenames(name, "weed")) == [wheel_name("weed", "1.2"), wheel_name("weed", "1.3")]
    assert granary.run("remove", "package", "--source", name, "--name", "weed@7").returncode != 0
    granary.cli("remove", "package", "--source", name, "--name", "weed@all")
    assert granary.json_page(name, "weed").status == 404


def test_tokens_are_listed_without_their_secret(granary):
    secret = granary.token("repos:read")
    tokens = granary.cli_json("list", "tokens")
    assert secret not in json.dumps(tokens)
    newest = max(tokens, key=lambda t: t.get("created_at") or t.get("created"))
    granary.cli("revoke", "token", "--guid", newest.get("guid") or newest["id"])
    assert granary.run("create", "token", "--description", "x", "--scope", "everything:please").returncode != 0


def test_verify_is_clean_and_finds_damage(make_granary):
    with make_granary() as server:
        name = server.repository("python")
        server.added(name, {wheel_name("sound", "1.0"): wheel("sound", "1.0"), wheel_name("sound", "1.1"): wheel("sound", "1.1")})
        report = server.cli_json("verify")
        assert not report["problems"] and report["files"] == 2
        blobs = sorted(p for p in (server.folder / "data/packages").rglob("*") if p.is_file() and p.stat().st_size > 400)
        damaged, gone = blobs[:2]
        damaged.chmod(0o600)
        damaged.write_bytes(damaged.read_bytes()[:-1] + b"\xff")
        gone.unlink()
        done = server.run("verify", "-o", "json")
        assert done.returncode != 0
        assert sorted(p["what"] for p in json.loads(done.stdout)["problems"]) == ["damaged", "missing"]


def test_gc_gives_space_back_when_nothing_names_it(make_granary):
    with make_granary(settings={"Limits": {"GCGrace": "0s"}}) as server:
        name = server.repository("python")
        server.added(name, {wheel_name("husk", "1.0"): wheel("husk", "1.0")})
        assert server.cli_json("gc")["blobs"] == 0
        server.cli("unsubscribe", "--repo", name, "--source", name)
        server.cli("delete", "source", "--name", name)
        planned = server.cli_json("gc", "--dryrun")
        assert planned["blobs"] >= 1 and planned["bytes"] > 0
        assert server.cli_json("gc")["bytes"] == planned["bytes"]
        assert server.cli_json("gc")["blobs"] == 0


def test_the_command_line_works_over_the_network_too(granary, tmp_path):
    name, token = granary.repository("python"), granary.token("global:admin")
    file = tmp_path / wheel_name("far", "1.0")
    file.write_bytes(wheel("far", "1.0"))
    granary.cli("add", "--source", name, "--path", file, token=token)
    assert granary.filenames(name, "far") == [file.name]
    variables = {"PACKAGEMANAGER_ADDRESS": granary.url, "PACKAGEMANAGER_TOKEN": token}
    assert name in granary.cli("list", "sources", environment=variables)
