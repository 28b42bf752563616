"""Repositories that only holders of a token may read; who may write; and that checking is cheap in bursts."""

import concurrent.futures

import pytest

from artifacts import r_name, r_package, wheel, wheel_name
from server import basic, eventually


@pytest.fixture
def closed(granary):
    name = granary.repository("python", authenticated=True)
    granary.added(name, {wheel_name("vault", "1.0"): wheel("vault", "1.0")})
    return name, granary.token(f"repos:read:{name}")


def index(granary, name, token):
    return f"http://__token__:{token}@127.0.0.1:{granary.port}/{name}/latest/simple/"


def test_without_a_token_401_with_a_challenge(granary, closed):
    name, _ = closed
    for path in ("simple/", "simple/vault/", "simple/nothing/", "pypi/vault/json"):
        answer = granary.get(f"/{name}/latest/{path}")
        assert answer.status == 401 and "Basic" in answer.headers["WWW-Authenticate"], path
        assert b"vault-1.0" not in answer.body


def test_with_a_token_as_basic_and_as_bearer(granary, closed):
    name, token = closed
    for headers in (basic("__token__", token), basic("anyone", token), {"Authorization": f"Bearer {token}"}):
        assert granary.get(f"/{name}/latest/simple/vault/", **headers).status == 200
    for headers in (basic("__token__", "wrong"), {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"},
                    {"Authorization": "Digest x"}, {"Authorization": "Basic !!!"}):
        assert granary.get(f"/{name}/latest/simple/vault/", **headers).status == 401, headers


def test_an_answer_to_one_is_never_an_answer_to_all(granary, closed):
    name, token = closed
    for _ in range(3):
        assert granary.get(f"/{name}/latest/simple/vault/", **basic("__token__", token)).status == 200
        answer = granary.get(f"/{name}/latest/simple/vault/")
        assert answer.status == 401
    allowed = granary.get(f"/{name}/latest/simple/vault/", **basic("__token__", token))
    assert "public" not in (allowed.headers["Cache-Control"] or "")


def test_a_token_for_another_repository_is_not_enough(granary, closed):
    name, _ = closed
    answer = granary.get(f"/{name}/latest/simple/vault/", **basic("__token__", granary.token("repos:read:elsewhere")))
    assert answer.status in (403, 404), answer


def test_pip_with_the_token_in_the_url_and_in_netrc(granary, closed, pip):
    name, token = closed
    pip.install(index(granary, name, token), "vault")
    assert pip.answer("vault") == "1.0"
    pip.forget()
    netrc = pip.folder / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login __token__ password {token}\n")
    netrc.chmod(0o600)
    pip.install(f"{granary.url}/{name}/latest/simple/", "vault")
    assert pip.answer("vault") == "1.0"


def test_uv_with_the_token_in_the_url(granary, closed, uv):
    name, token = closed
    uv.install(index(granary, name, token), "vault")
    assert uv.answer("vault") == "1.0"
    refused = uv.install(f"{granary.url}/{name}/latest/simple/", "vault", check=False, options=["--reinstall", "--no-cache"])
    assert refused.returncode != 0


def test_r_with_the_token_in_the_url(granary, r):
    name = granary.repository("r", authenticated=True)
    granary.added(name, {r_name("vault", "1.0"): r_package("vault", "1.0")})
    token = granary.token(f"repos:read:{name}")
    client = r(f"http://__token__:{token}@127.0.0.1:{granary.port}/{name}/latest")
    client.install("vault")
    assert client.answer("vault") == "1.0"
    assert granary.get(f"/{name}/latest/src/contrib/vault_1.0.tar.gz").status == 401


def test_a_repository_can_be_closed_and_opened(granary):
    name = granary.repository("python")
    granary.added(name, {wheel_name("gate", "1.0"): wheel("gate", "1.0")})
    assert granary.json_page(name, "gate").status == 200
    granary.cli("edit", "repo", "--name", name, "--authenticated=true")
    assert granary.json_page(name, "gate").status == 401
    granary.cli("edit", "repo", "--name", name, "--authenticated=false")
    assert granary.json_page(name, "gate").status == 200


def test_administration_over_the_network_needs_a_token(granary):
    name = granary.source("python")
    for token, code in (("", 401), ("wrong", 401), (granary.token("repos:read"), 403)):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = granary.request("DELETE", f"/__api__/sources/{name}", headers)
        assert answer.status == code, answer
    done = granary.run("list", "sources", token=granary.token("global:admin"))
    assert done.returncode == 0 and name in done.stdout
    assert granary.run("list", "sources", remote=True).returncode != 0


def test_a_burst_with_one_new_token_is_answered_alike(granary, closed):
    name, _ = closed
    token = granary.token(f"repos:read:{name}")
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: granary.get(f"/{name}/latest/simple/vault/", **basic("__token__", token)).status, range(50)))
    assert answers == [200] * 50


def test_an_expired_token_is_refused(granary, closed):
    name, _ = closed
    token = granary.cli("create", "token", "--description", "short", "--scope", f"repos:read:{name}", "--expires", "1s", "-q").strip()
    assert granary.get(f"/{name}/latest/simple/vault/", **basic("__token__", token)).status == 200
    eventually(lambda: granary.get(f"/{name}/latest/simple/vault/", **basic("__token__", token)).status == 401, 15)
