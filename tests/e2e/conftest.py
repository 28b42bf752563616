"""Fixtures: the private services, and servers of Granary over each pair of a database and a blob store.

Most tests take `granary`, which runs them on all four pairs against servers that live as long as the run: they use
names of their own. Tests that stop, kill or configure the server take `make_granary`."""

import itertools
import os
import shutil
import sys

import pytest

import clients
from server import BINARY, Granary
from services import ROOT, S3, Aws, Postgres

sys.path.append(str(ROOT / "tests/upstreams"))
import bioconductor  # noqa: E402
import cran  # noqa: E402
import pypi  # noqa: E402
from cache import Missing  # noqa: E402
from faulty import Faulty  # noqa: E402
from nginx import Nginx  # noqa: E402

PAIRS = ["sqlite-file", "sqlite-s3", "postgres-file", "postgres-s3"]


def missing(reason):
    """What is not there fails the CI, and is skipped loudly elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is not there: make release", returncode=3)


def running(kind):
    """A private service of that kind, for as long as a fixture lasts."""
    try:
        server = kind()
    except FileNotFoundError as error:
        missing(str(error))
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres():
    yield from running(Postgres)


@pytest.fixture(scope="session")
def s3():
    yield from running(S3)


@pytest.fixture(scope="session")
def aws():
    yield from running(Aws)


def served(made, tmp_path_factory):
    """nginx over a folder that `made` makes, or has made before."""
    try:
        return Nginx(tmp_path_factory.mktemp("nginx"), made())
    except (Missing, FileNotFoundError) as error:
        missing(str(error))


@pytest.fixture(scope="session")
def cran_upstream(tmp_path_factory):
    """The CRAN of the tests behind nginx: nobody writes to its folder."""
    server = served(lambda: cran.made().root, tmp_path_factory)
    yield server
    server.close()


@pytest.fixture(scope="session")
def bioconductor_upstream(tmp_path_factory):
    server = served(bioconductor.made, tmp_path_factory)
    yield server
    server.close()


@pytest.fixture(scope="session")
def pypi_upstream(tmp_path_factory):
    """The PyPI of the tests behind nginx, at /simple/: nobody writes to its folder."""
    try:
        server = pypi.made().serve(tmp_path_factory.mktemp("nginx"))
    except (Missing, FileNotFoundError) as error:
        missing(str(error))
    yield server
    server.close()


@pytest.fixture
def faulty():
    """faulty(url): an upstream before that one, which counts and misbehaves as it is told."""
    made = []

    def make(origin):
        made.append(Faulty(origin))
        return made[-1]

    yield make
    for upstream in made:
        upstream.close()


def settings_for(pair, request):
    """The settings and the environment of a server over a pair, with a database and a bucket of its own."""
    database, store = pair.split("-")
    settings, environment = {}, {}
    if database == "postgres":
        settings |= {"Database": {"Provider": "postgres"}, "Postgres": {"URL": request.getfixturevalue("postgres").database()}}
    if store == "s3":
        s3 = request.getfixturevalue("s3")
        settings |= {"Storage": {"Default": "s3"},
                     "S3Storage": {"Bucket": s3.bucket(), "Endpoint": s3.endpoint, "Region": s3.region, "Prefix": "granary",
                                   "S3ForcePathStyle": "true"}}
        environment |= {"AWS_ACCESS_KEY_ID": s3.access, "AWS_SECRET_ACCESS_KEY": s3.secret}
    return settings, environment


@pytest.fixture(scope="session", params=PAIRS)
def granary(request, tmp_path_factory):
    settings, environment = settings_for(request.param, request)
    with Granary(tmp_path_factory.mktemp(request.param), settings, environment) as server:
        server.pair = request.param
        yield server
        code = server.stop()
    assert code == 0, f"the server ended with {code}\n{server.log()[-4000:]}"


@pytest.fixture
def make_granary(request, tmp_path):
    """make_granary(pair="sqlite-file", settings={}, environment={}, share=other): a server, not started; `share` takes
    the database and the store of another."""
    made, numbers = [], itertools.count(1)

    def make(pair="sqlite-file", settings=None, environment=None, share=None):
        base, variables = ({}, {}) if share else settings_for(pair, request)
        if share:
            base = {key: share.settings[key] for key in ("Database", "Postgres", "Storage", "S3Storage") if key in share.settings}
            variables = {key: value for key, value in share.environment.items() if key.startswith("AWS_")}
        for section, keys in (settings or {}).items():
            base[section] = base.get(section, {}) | keys
        server = Granary(tmp_path / f"server{next(numbers)}", base, variables | (environment or {}))
        made.append(server)
        return server

    yield make
    for server in made:
        server.close()


def client_fixture(kind, program):
    def make(tmp_path):
        if not shutil.which(program, path=f"{clients.VENV}:/usr/local/bin:/usr/bin:/bin"):
            missing(f"{program} is not installed: make e2e installs it")
        return kind(tmp_path / program)
    return pytest.fixture(make, name=program)


pip = client_fixture(clients.Pip, "pip")
uv = client_fixture(clients.Uv, "uv")
twine = client_fixture(clients.Twine, "twine")
poetry = client_fixture(clients.Client, "poetry")


@pytest.fixture
def r(tmp_path):
    """r(url): an R with an empty library whose repository is the URL."""
    if not shutil.which("Rscript"):
        missing("R is not installed: make e2e installs it")
    numbers = itertools.count(1)
    return lambda url: clients.R(tmp_path / f"R{next(numbers)}", url)
