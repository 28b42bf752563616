"""Downloads by redirect: clients fetch package files from the object store itself."""

import hashlib
import subprocess
import urllib.parse

import pytest

from artifacts import r_package, wheel, wheel_name
from server import basic, eventually

TARBALL, WHEEL = "sent_1.0.tar.gz", wheel_name("sent", "1.0")


def publish(server, kind, name, data):
    """A repository whose files are given by redirect: its name."""
    repository = server.repository(kind)
    server.cli("edit", "repo", "--name", repository, "--downloads", "redirect")
    server.added(repository, {name: data})
    return repository


@pytest.fixture
def node(make_granary):
    """A node that has nothing on its disk of what another one published."""
    first = make_granary("postgres-s3").start()
    with make_granary(share=first) as second:
        second.first = first
        yield second


def copies(server):
    """What the node has fetched from the store."""
    return [p for p in (server.folder / "data/cache").rglob("*") if p.is_file()]


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", *arguments], capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_r_pip_and_uv_install_through_the_store(node, r, pip, uv):
    rs = publish(node.first, "r", TARBALL, r_package("sent", "1.0"))
    python = publish(node.first, "python", WHEEL, wheel("sent", "1.0"))
    session = r(f"{node.url}/{rs}/latest")
    session.install("sent")
    assert session.answer("sent") == "1.0"
    for client in (pip, uv):
        client.install(f"{node.url}/{python}/latest/simple/", "sent")
        assert client.answer("sent") == "1.0"
    assert copies(node) == [], "the node has sent them itself"


def test_head_ranges_and_resumed_downloads(node, s3, tmp_path):
    data = wheel("sent", "1.0")
    name = publish(node.first, "python", WHEEL, data)
    path = node.file_url(name, "sent", WHEEL)
    head = node.request("HEAD", path)
    assert (head.status, head.headers["Content-Length"], head.headers["Accept-Ranges"]) == (200, str(len(data)), "bytes")
    redirect = node.get(path)
    assert redirect.status == 302 and redirect.headers["Location"].startswith(s3.endpoint + "/"), redirect
    url = node.url + path
    assert curl("-L", url) == data
    assert curl("-L", "-r", "5-104", url) == data[5:105]
    headers = curl("-L", "-I", url).decode()
    assert headers.startswith("HTTP/1.1 200") and f"Content-Length: {len(data)}" in headers, headers
    part = tmp_path / "part.whl"
    part.write_bytes(data[:100])
    curl("-L", "-C", "-", "-o", str(part), url)
    assert part.read_bytes() == data
    assert "attachment" in curl("-L", "-s", "-D", "-", "-o", "/dev/null", url).decode()


def test_the_url_is_for_a_while_and_caches_keep_it_for_less(node, make_granary):
    name = publish(node.first, "python", WHEEL, wheel("sent", "1.0"))
    path = node.file_url(name, "sent", WHEEL)
    answer = node.get(path)
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)
    assert query["X-Amz-Expires"] == ["600"]
    private, age = answer.headers["Cache-Control"].split(", max-age=")
    assert private == "private" and 150 <= int(age) <= 300
    settings = {"S3Storage": {"RedirectLifetime": "10s", "PublicEndpoint": "https://downloads.example.org"}}
    with make_granary(share=node, settings=settings) as other:
        answer = other.get(path)
    assert answer.headers["Location"].startswith("https://downloads.example.org/"), answer.headers
    assert int(answer.headers["Cache-Control"].split("max-age=")[1]) <= 5


def test_an_authenticated_repository_is_never_redirected(node):
    name = publish(node.first, "python", WHEEL, wheel("sent", "1.0"))
    refused = node.run("edit", "repo", "--name", name, "--authenticated=true")
    assert refused.returncode == 1 and "--downloads=stream" in refused.stderr, refused
    node.cli("edit", "repo", "--name", name, "--authenticated=true", "--downloads=stream")
    path = f"/{name}/latest/packages/"
    assert node.get(path).status == 401
    token = node.token("repos:read")
    page = node.request("GET", f"/{name}/latest/simple/sent/", basic("__token__", token) | {"Accept": "text/html"})
    link = page.text.split('href="')[1].split("#")[0]
    path = urllib.parse.urlsplit(urllib.parse.urljoin(f"{node.url}/{name}/latest/simple/sent/", link)).path
    answer = node.request("GET", path, basic("__token__", token))
    assert (answer.status, answer.body) == (200, wheel("sent", "1.0"))


def test_a_folder_is_streamed_and_a_wrong_word_is_refused(make_granary):
    with make_granary("sqlite-file") as server:
        name = publish(server, "r", TARBALL, r_package("sent", "1.0"))
        answer = server.get(f"/{name}/latest/src/contrib/{TARBALL}")
        assert (answer.status, answer.body) == (200, r_package("sent", "1.0"))
        [repo] = [one for one in server.cli_json("list", "repos") if one["name"] == name]
        assert repo["downloads"] == "redirect"
        refused = server.run("edit", "repo", "--name", name, "--downloads", "teleport")
        assert refused.returncode == 1 and "stream or redirect" in refused.stderr, refused


def test_a_file_of_a_mirror_is_redirected_once_it_is_held(node, pypi_upstream, pip):
    node.first.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{pypi_upstream.url}/simple/")
    node.first.cli("create", "repo", "--name", "mirror", "--type", "python", "--downloads", "redirect")
    node.first.cli("subscribe", "--repo", "mirror", "--source", "pypi")
    [file, *_] = node.first.json_page("mirror", "six").json["files"]
    path = urllib.parse.urlsplit(urllib.parse.urljoin(f"{node.url}/mirror/latest/simple/six/", file["url"])).path
    assert node.first.get(path).status == 200
    eventually(lambda: node.get(path).status == 302)
    assert hashlib.sha256(curl("-L", node.url + path)).hexdigest() == file["hashes"]["sha256"]
