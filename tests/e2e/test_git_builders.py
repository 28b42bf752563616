"""Packages built from git: followed by commits and tags, in a sandbox, once in a cluster, installed by the real clients."""

import io
import os
import pathlib
import shutil
import tarfile

import pytest

from artifacts import r_name, r_package
from clients import VENV
from conftest import missing
from git_server import GitHttp, GitSsh, Repository, git, processes_with, python_files, r_files
from server import basic, eventually

SETTINGS = {"Server": {"PythonVersion": VENV.parent}, "Git": {"PollInterval": "1s", "BuildRetries": "0"}}
# A build that never ends; its command line says whose it is.
SLEEPS = "import subprocess; subprocess.run(['sleep', '{}'])"


def settings(**sections):
    return {section: SETTINGS.get(section, {}) | sections.get(section, {}) for section in {*SETTINGS, *sections}}


@pytest.fixture
def built(make_granary, tmp_path):
    """built(kind="r", pair=..., ...): a started server with a repository `repo` over a source `src` of type git."""
    def make(kind="r", pair="sqlite-file", server=None, **sections):
        server = server or make_granary(pair, settings=settings(**sections)).start()
        server.cli("create", "source", "--name", "src", "--type", {"r": "git", "python": "git-python"}[kind])
        server.repository(kind, "src", name="repo")
        return server
    make.repository = lambda name: Repository(tmp_path / "git" / name)
    return make


def create(server, url, name, *options, **how):
    return server.run("create", "git-builder", "--source", "src", "--url", url, "--name", name, *options, **how)


def created(server, url, name, *options):
    done = create(server, url, name, *options)
    assert done.returncode == 0, done.stdout + done.stderr + server.log()[-3000:]
    return done.stdout


def builds(server):
    return server.cli_json("list", "git-builds", "--source", "src")


def transactions(server):
    return server.cli_json("list", "transactions", "--source", "src")


def versions(server, package):
    return sorted(build["version"] for build in builds(server) if build["package"] == package)


@pytest.mark.parametrize("pair", ["sqlite-file", "postgres-s3"])
def test_a_package_is_built_installed_and_follows_its_branch(built, r, pair):
    server, repository = built(pair=pair), built.repository("answers")
    repository.commit(r_files("answers", "1.0"))
    assert "answers 1.0 was built from HEAD" in created(server, repository.url, "answers")
    [transaction] = transactions(server)
    assert transaction["actor"] == "git-builder answers" and "built by answers from" in transaction["comment"]

    commit = repository.commit(r_files("answers", "1.1"))  # by itself, within the interval
    eventually(lambda: [b["state"] for b in builds(server) if b["commit"] == commit] == ["succeeded"], 20)
    assert "Version: 1.0" in server.get(f"/repo/{transaction['id']}/src/contrib/PACKAGES").text, "the past stays"

    # The same commit again is nothing that anybody sees; another commit of the same version takes its place.
    server.cli("rerun", "git-builder", "--source", "src", "--name", "answers")
    assert len(transactions(server)) == 2 and len(builds(server)) == 3
    repository.commit(r_files("answers", "1.1", answer="mended"))
    eventually(lambda: len(transactions(server)) == 3, 20)
    assert transactions(server)[0]["kind"] == "replace"
    client = r(f"{server.url}/repo/latest")
    client.install("answers")
    assert client.answer("answers") == "mended"


def test_a_python_package_is_built_as_sdist_and_wheel(built, pip):
    server, repository = built("python"), built.repository("pies")
    repository.commit({f"inner/{name}": text for name, text in python_files("pies", "2.0").items()})
    refused = server.run("create", "git-builder", "--source", "src", "--url", repository.url)
    assert refused.returncode != 0 and "--name" in refused.stderr
    created(server, repository.url, "pies", "--sub-dir", "inner")
    assert server.filenames("repo", "pies") == ["pies-2.0-py3-none-any.whl", "pies-2.0.tar.gz"]
    pip.install(f"{server.url}/repo/latest/simple", "pies")
    assert pip.answer("pies") == "2.0"


def test_tags_are_built_the_newest_first_and_any_by_rerun(built):
    server, repository = built(Git={"PollInterval": "0s"}), built.repository("tagged")
    for version in ("1.0", "1.1", "1.2"):
        repository.commit(r_files("tagged", version), tag=f"v{version}")
    repository.commit(r_files("tagged", "1.3"))
    created(server, repository.url, "tagged", "--build-trigger", "tags")
    assert versions(server, "tagged") == ["1.2"], "of the tags that were there the newest"
    assert "nothing is new" in server.cli("run", "git-builder", "--source", "src", "--name", "tagged")
    git("tag", "v1.3", cwd=repository.path)
    repository.commit(r_files("tagged", "1.4"), tag="v1.4")
    said = server.cli("run", "git-builder", "--source", "src", "--name", "tagged")
    assert "tagged 1.3 was built from v1.3" in said and "tagged 1.4 was built from v1.4" in said
    server.cli("rerun", "git-builder", "--source", "src", "--name", "tagged", "--tag", "v1.0")
    first = git("rev-parse", "v1.1^{commit}", cwd=repository.path)
    server.cli("rerun", "git-builder", "--source", "src", "--name", "tagged", "--commit-sha", first)
    assert versions(server, "tagged") == ["1.0", "1.1", "1.2", "1.3", "1.4"]
    page = server.cli_json("list", "git-builds", "--source", "src", "--name", "tagged", "--count", "2", "--page", "2")
    assert [build["version"] for build in page] == ["1.4", "1.3"]
    repository.commit(r_files("tagged", "1.4", answer="other"))
    git("tag", "--force", "v1.4", cwd=repository.path)
    before = len(transactions(server))
    moved = server.run("run", "git-builder", "--source", "src", "--name", "tagged")
    assert moved.returncode != 0 and "push a tag with a new one" in moved.stderr, "a version never changes"
    assert len(transactions(server)) == before
    unknown = server.run("rerun", "git-builder", "--source", "src", "--name", "tagged", "--tag", "v9")
    assert unknown.returncode != 0 and "no tag 'v9'" in unknown.stderr


def test_a_build_that_fails_says_why_and_the_next_commit_mends_it(built):
    server, repository = built(), built.repository("broken")
    repository.commit(r_files("broken", "1.0") | {"R/answer.R": "answer <- function( {\n", "DESCRIPTION": "broken\n"})
    done = create(server, repository.url, "broken")
    assert done.returncode == 1 and "R CMD build failed" in done.stderr and "granary info job" in done.stderr
    [build] = builds(server)
    assert build["state"] == "failed" and "R CMD build failed" in build["error"]
    assert "checking for file" in server.cli("info", "job", "--id", build["job"]), "the log has what R said"
    assert "ppm_git_builds_failed_total 1" in server.metrics()
    assert transactions(server) == []
    repository.commit(r_files("broken", "1.0"))
    eventually(lambda: [b["state"] for b in builds(server)] == ["succeeded", "failed"], 20)


def test_what_a_build_does_stays_in_its_sandbox(built, monkeypatch):
    server = built("python")
    repository = built.repository("spy")
    probe = f"""
import os, socket
def report(what, attempt):
    try:
        print("SPY", what, "sees", attempt())
    except Exception as error:
        print("SPY", what, "fails", type(error).__name__)
report("data", lambda: os.listdir({str(server.folder / 'data')!r}))
report("database", lambda: os.listdir({str(server.folder / 'data' / 'db')!r}))
report("settings", lambda: open({str(server.config)!r}).read())
report("socket", lambda: os.listdir({str(server.socket_folder)!r}))
report("shadow", lambda: open("/etc/shadow").read())
report("environment", lambda: os.environ["GRANARY_SPY"])
report("server", lambda: socket.create_connection(("127.0.0.1", {server.port}), 2))
report("write", lambda: open("/usr/granary-spy", "w"))
report("processes", lambda: len([p for p in os.listdir("/proc") if p.isdigit()]) > 20 or 1 / 0)
"""
    repository.commit(python_files("spy", "1.0", probe))
    created(server, repository.url, "spy")
    log = server.cli("info", "job", "--id", builds(server)[0]["job"])
    spied = [line.split("SPY ")[1] for line in log.splitlines() if "SPY " in line]
    assert {line.split()[0] for line in spied} == {"data", "database", "settings", "socket", "shadow", "environment", "server",
                                                  "write", "processes"}
    # The parents of its own folder are there, and hold nothing else.
    seen = {line for line in spied if " sees " in line}
    assert seen <= {"data sees ['builds']"}, seen


def test_neither_the_whole_disk_nor_the_folder_of_the_settings_is_a_repository(built, make_granary, tmp_path):
    server = make_granary("sqlite-file", settings=settings())
    server.config = tmp_path / "etc" / "granary.gcfg"
    server.config.parent.mkdir()
    built(server=server.start())
    for name, url in {"disk": "file:///", "settings": f"file://{server.config.parent}"}.items():
        refused = create(server, url, name)
        assert refused.returncode != 0 and "among the folders of the server" in refused.stderr, refused.stderr


@pytest.fixture
def without_bubblewrap(tmp_path):
    """The environment of a node that lacks it."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in os.listdir("/usr/bin"):
        if name != "bwrap":
            (programs / name).symlink_to(f"/usr/bin/{name}")
    return {"PATH": str(programs)}


def test_without_bubblewrap_nothing_is_built_unless_allowed(built, make_granary, without_bubblewrap):
    path = without_bubblewrap
    repository = built.repository("open")
    repository.commit(r_files("open", "1.0"))
    closed = built(server=make_granary(settings=settings(), environment=path).start())
    done = create(closed, repository.url, "open")
    assert done.returncode == 1 and "install bubblewrap" in done.stderr and "AllowUnsandboxedGitBuilds" in done.stderr
    assert "bubblewrap" in closed.cli("list", "git-builders", "--source", "src")
    allowed = make_granary(settings=settings(Git={"AllowUnsandboxedGitBuilds": "true"}), environment=path).start()
    created(built(server=allowed), repository.url, "open")


def test_what_a_node_lacks_another_builds(built, make_granary, without_bubblewrap):
    bare = built(server=make_granary("postgres-s3", settings=settings(), environment=without_bubblewrap).start())
    repository = built.repository("either")
    repository.commit(r_files("either", "1.0"))
    assert create(bare, repository.url, "either", "--no-wait").returncode == 0
    problem = lambda: bare.cli_json("list", "git-builders")[0]["problem"]
    eventually(lambda: problem().startswith("node ") and "bubblewrap does not work" in problem(), 20)
    [job] = bare.cli_json("list", "jobs", "--kind", "build")
    assert job["state"] == "waiting" and job["attempt"] == 0
    assert "bubblewrap does not work" in bare.cli("info", "job", "--id", job["id"])
    able = make_granary(share=bare, settings=settings()).start()
    eventually(lambda: versions(able, "either") == ["1.0"], 30)
    # Both take jobs and look at builders.
    repository.commit(r_files("either", "1.1"))
    eventually(lambda: versions(able, "either") == ["1.0", "1.1"], 30)
    assert {b["state"] for b in builds(able)} == {"succeeded"} and problem() == ""


def test_a_build_that_is_cancelled_ends_with_all_its_processes(built):
    server, repository = built("python"), built.repository("slow")
    repository.commit(python_files("slow", "1.0", SLEEPS.format("86017")))
    assert create(server, repository.url, "slow", "--no-wait").returncode == 0
    eventually(lambda: processes_with("sleep 86017"), 30)
    job = builds(server)[0]["job"]
    server.cli("cancel", "job", "--id", job)
    eventually(lambda: not processes_with("sleep 86017"))
    eventually(lambda: builds(server)[0]["state"] == "cancelled")
    eventually(lambda: builds(server)[0]["finished"])  # by a look
    assert builds(server)[0]["state"] == "cancelled", "after it, too"
    eventually(lambda: list((server.folder / "data/builds").iterdir()) == [])
    assert transactions(server) == []


def test_the_build_of_a_node_that_is_killed_is_taken_over_and_seen_once(built, make_granary):
    jobs = settings(Jobs={"Lease": "3s"})
    first = built("python", server=make_granary("postgres-s3", settings=jobs).start())
    second = make_granary(share=first, settings=jobs)
    repository = built.repository("taken")
    # In the folder of the first node it never ends.
    waits = (f"import os, subprocess\nif os.getcwd().startswith({str(first.folder)!r}):\n"
             "    subprocess.run(['sh', '-c', 'sleep 86018; : taken-86018'])")
    repository.commit(python_files("taken", "1.0", waits))
    assert create(first, repository.url, "taken", "--no-wait").returncode == 0
    eventually(lambda: processes_with("taken-86018"), 30)
    first.kill()
    eventually(lambda: not processes_with("taken-86018"))
    second.start()
    eventually(lambda: [b["state"] for b in builds(second)] == ["succeeded"], 60)
    assert second.cli_json("info", "job", "--id", builds(second)[0]["job"])["attempt"] >= 2
    assert [t["kind"] for t in transactions(second)] == ["add", "add"], "a wheel and an sdist, once"


def test_private_repositories_are_read_with_a_credential_that_nobody_sees(built, make_granary, tmp_path):
    server = make_granary(settings=settings())
    server.write_config()
    pathlib.Path(server.settings["Server"]["DataDir"]).mkdir()
    server.cli("encrypt", "generate")
    built(server=server.start())
    repository = built.repository("private")
    repository.commit(r_files("private", "1.0"))
    web = GitHttp(tmp_path / "git", password="old-secret")
    try:
        url = web.url(repository)
        assert create(server, url, "denied").returncode == 1
        server.cli("import", "https-credential", "--name", "team", "--username", "bot", "--password", "old-secret")
        again = server.run("import", "https-credential", "--name", "team", "--username", "bot", "--password", "x")
        assert again.returncode != 0 and "edit https-credential" in again.stderr
        created(server, url, "private", "--credential", "team")
        used = server.run("delete", "git-credential", "--type", "https", "--name", "team")
        assert used.returncode != 0 and "'private' uses" in used.stderr
        web.password = "new-secret"
        repository.commit(r_files("private", "1.1"))
        eventually(lambda: "Authentication failed" in server.cli_json("list", "git-builders")[-1]["problem"], 20)
        server.cli("edit", "https-credential", "--name", "team", "--password", "new-secret")
        eventually(lambda: versions(server, "private") == ["1.0", "1.1"], 20)
        shown = server.cli("list", "git-credentials", "-o", "json") + server.cli("list", "git-builders", "-o", "json")
        shown += server.log() + "".join(server.cli("info", "job", "--id", b["job"]) for b in builds(server))
        assert not processes_with("new-secret")
        server.stop()
        data = b"".join(p.read_bytes() for p in (server.folder / "data").rglob("*") if p.is_file())
        for secret in ("old-secret", "new-secret"):
            assert secret not in shown and secret.encode() not in data
    finally:
        web.close()


def test_a_repository_behind_ssh_is_read_with_a_key_and_its_passphrase(built, make_granary, tmp_path):
    try:
        sshd = GitSsh(tmp_path / "ssh", passphrase="open sesame")
    except FileNotFoundError as error:
        missing(str(error))
    try:
        server = make_granary(settings=settings(), environment={"GRANARY_ENCRYPTION_KEY": "ab" * 64})
        built(server=server.start())
        repository = built.repository("deployed")
        repository.commit(r_files("deployed", "1.0"))
        assert create(server, sshd.url(repository), "denied").returncode == 1
        (tmp_path / "phrase").write_text("open sesame\n")
        server.cli("import", "ssh-key", "--name", "deploy", "--path", sshd.key, "--passphrase-path", tmp_path / "phrase")
        public = server.run("import", "ssh-key", "--name", "other", "--path", f"{sshd.key}.pub")
        assert public.returncode != 0 and "no private key" in public.stderr
        created(server, sshd.url(repository), "deployed", "--credential", "deploy")
        assert versions(server, "deployed") == ["1.0"]
        server.stop()
    finally:
        sshd.close()
    data = b"".join(p.read_bytes() for p in (server.folder / "data").rglob("*") if p.is_file())
    assert b"open sesame" not in data and b"PRIVATE KEY" not in data


def test_an_isolated_python_build_gets_what_it_needs_from_the_index_of_the_settings(built, make_granary):
    server = make_granary(settings=settings())
    server.settings["Git"]["PythonIndexURL"] = f"{server.url}/tools/latest/simple"
    built("python", server=server.start())
    tools = server.repository("python", name="tools")
    wheels = VENV.parent.glob("lib/python3*/site-packages/virtualenv/seed/wheels/embed/setuptools-*.whl")
    newest = sorted(wheels)[-1]
    server.added(tools, {newest.name: newest.read_bytes()})
    repository = built.repository("isolated")
    repository.commit(python_files("isolated", "1.0"))
    created(server, repository.url, "isolated")
    assert server.filenames("repo", "isolated") == ["isolated-1.0-py3-none-any.whl", "isolated-1.0.tar.gz"]
    assert "isolated environment" in server.cli("info", "job", "--id", builds(server)[0]["job"])


def test_a_web_server_of_plain_files_is_enough(built, tmp_path):
    server, repository = built(), built.repository("plain")
    repository.commit(r_files("plain", "1.0"))
    git("update-server-info", cwd=repository.path)
    web = GitHttp(tmp_path / "git", dumb=True)
    try:
        created(server, web.url(repository), "plain")
    finally:
        web.close()
    assert versions(server, "plain") == ["1.0"]


def test_submodules_come_along_to_the_depth_that_is_asked_for(built, tmp_path):
    server = built(Git={"PollInterval": "0s"})
    outer, inner, innermost = (built.repository(name) for name in ("outer", "inner", "innermost"))
    web = GitHttp(tmp_path / "git")
    try:
        innermost.commit({"deep.txt": "from far inside\n"})
        git("submodule", "add", "-q", web.url(innermost), "wörter", cwd=inner.path)
        inner.commit({"data.txt": "from inside\n"})
        git("submodule", "add", "-q", web.url(inner), "inst/daten ä", cwd=outer.path)
        first, second = "outer/inst/daten ä/data.txt", "outer/inst/daten ä/wörter/deep.txt"
        for levels, there in ((1, [first]), (2, [first, second])):
            outer.commit(r_files("outer", f"1.{levels}"))
            if levels == 1:
                created(server, web.url(outer), "outer", "--recurse-submodules", levels)
            else:
                server.cli("edit", "git-builder", "--source", "src", "--name", "outer", "--recurse-submodules", levels)
                server.cli("run", "git-builder", "--source", "src", "--name", "outer")
            tarball = io.BytesIO(server.get(f"/repo/latest/src/contrib/outer_1.{levels}.tar.gz").body)
            with tarfile.open(fileobj=tarball) as package:
                assert sorted(path for path in package.getnames() if path.endswith(".txt")) == there, levels
    finally:
        web.close()


def test_a_repository_of_this_machine_shows_no_other_as_its_submodule(built):
    # Without looks: one that began while the first build failed may order it again, and "run" gives that one.
    server, outer, inner = built(Git={"PollInterval": "0s"}), built.repository("outer"), built.repository("inner")
    inner.commit({"data.txt": "from inside\n"})
    outer.commit(r_files("outer", "1.0"))
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", f"file://{inner.path}", "inst", cwd=outer.path)
    outer.commit({})
    done = create(server, outer.url, "outer", "--recurse-submodules", "1")
    assert done.returncode == 1 and "git submodule" in done.stderr
    server.cli("edit", "git-builder", "--source", "src", "--name", "outer", "--recurse-submodules", "0")
    server.cli("run", "git-builder", "--source", "src", "--name", "outer")
    assert versions(server, "outer")[-1:] == ["1.0"]


def test_a_source_that_is_built_takes_nothing_else_and_goes_with_its_builders(built):
    server, repository = built(), built.repository("mine")
    repository.commit(r_files("mine", "1.0"))
    created(server, repository.url, "mine")
    refused = server.add("src", {r_name("mine", "1.1"): r_package("mine", "1.1")})
    assert refused.returncode != 0 and "built from git" in refused.stdout + refused.stderr
    assert server.cli_json("list", "sources", "--type", "git")[0]["name"] == "src"
    same = create(server, repository.url, "mine")
    assert same.returncode != 0 and "edit git-builder" in same.stderr
    second = create(server, repository.url, "other")
    assert second.returncode != 0 and "is made by the builder 'mine'" in second.stderr
    wrong = server.run("create", "git-builder", "--source", server.source("r"), "--url", repository.url, "--name", "mine")
    assert wrong.returncode != 0 and "has no builders" in wrong.stderr
    for url in ("ext::sh -c id", "--upload-pack=id", f"file://{server.folder}/data"):
        assert create(server, url, "bad").returncode != 0, url
    server.cli("export", "--source", "src", "--package", "mine", "--path", server.folder / "bundle.tar")
    server.cli("delete", "git-builder", "--source", "src", "--name", "mine")
    assert server.get("/repo/latest/src/contrib/mine_1.0.tar.gz").status == 200, "what it built stays"
    server.cli("remove", "package", "--source", "src", "--name", "mine@all")
    server.cli("unsubscribe", "--repo", "repo", "--source", "src")
    server.cli("delete", "source", "--name", "src")
    assert server.cli_json("list", "git-builders") == [] and server.cli_json("list", "git-builds") == []
    server.cli("import", "--path", server.folder / "bundle.tar")  # where no builder is, it is a package like any other
    assert server.cli_json("list", "sources")[0]["type"] == "local"
    assert [p["name"] for p in server.cli_json("list", "packages", "--source", "src")] == ["mine"]


def test_builders_are_for_administrators(built):
    server = built()
    token = server.token("sources:write:src")
    for path in ("git-builders", "git-builds", "git-credentials"):
        assert server.get(f"/__api__/{path}").status == 401
        assert server.get(f"/__api__/{path}", **basic("__token__", token)).status == 403
    assert shutil.which("git") and server.cli_json("list", "git-builders") == []
