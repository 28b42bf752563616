"""Bad input: a status, a message that says what to do, nothing half stored; and the next good request works."""

import concurrent.futures
import gzip
import io
import socket
import tarfile
import zipfile

import pytest

from artifacts import (description, metadata, r_name, r_package, sdist, sdist_name, tar_gz, wheel, wheel_name)
from server import basic


@pytest.fixture
def python(granary):
    name = granary.repository("python")
    return name, granary.token(f"sources:write:{name}")


@pytest.fixture
def r_source(granary):
    return granary.repository("r")


def link(name, target, kind=tarfile.SYMTYPE):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def zip_of(members, compression=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


DESCRIPTION = description("wheat", "1.0")
BAD_TARBALLS = {
    "truncated": r_package("wheat", "1.0", c=True, files=[("wheat/data", bytes(range(256)) * 40)])[:-200],
    "empty": b"",
    "no gzip": b"these are not the bytes you look for" * 10,
    "gzip of nothing": gzip.compress(b""),
    "gzip of no tar": gzip.compress(b"x" * 2000),
    "no description": tar_gz([("wheat/NAMESPACE", b""), ("wheat/R/x.R", b"")]),
    "another name": r_package("barley", "1.0"),
    "another version": r_package("wheat", "2.0"),
    "no version": tar_gz([("wheat/DESCRIPTION", b"Package: wheat\nTitle: x\n")]),
    "a bad version": tar_gz([("wheat/DESCRIPTION", description("wheat", "one"))]),
    "no dcf": tar_gz([("wheat/DESCRIPTION", b"\x00\x01\x02 nothing : like it")]),
    "an enormous description": tar_gz([("wheat/DESCRIPTION", DESCRIPTION + b"Note: " + b"x" * 20_000_000 + b"\n")]),
    "traversal": tar_gz([("wheat/DESCRIPTION", DESCRIPTION), ("wheat/../../../etc/passwd", b"x")]),
    "an absolute path": tar_gz([("wheat/DESCRIPTION", DESCRIPTION), ("/etc/passwd", b"x")]),
    "description as a link": tar_gz([link("wheat/DESCRIPTION", "/etc/passwd")]),
    "a wheel by content": wheel("wheat", "1.0"),
    "a bomb": tar_gz([("wheat/pad", bytes(300_000_000))]),
}


@pytest.mark.parametrize("case", BAD_TARBALLS)
def test_a_bad_r_package_is_refused(granary, r_source, case):
    done = granary.add(r_source, {r_name("wheat", "1.0"): BAD_TARBALLS[case]})
    assert done.returncode not in (0, 134, 139) and "wheat_1.0.tar.gz" in done.stderr, done
    assert len(done.stderr.strip().splitlines()) <= 8, done.stderr
    assert granary.get(f"/{r_source}/latest/src/contrib/PACKAGES").body == b""
    granary.added(r_source, {r_name("wheat", "1.0"): r_package("wheat", "1.0")})
    assert b"Package: wheat" in granary.get(f"/{r_source}/latest/src/contrib/PACKAGES").body


@pytest.mark.parametrize("filename", ["wheat.tar.gz", "wheat_1.0.zip", "wheat_1.0.tar", "wheat_1.0.tar.gz.exe", "wh eat_1.0.tar.gz"])
def test_a_renamed_r_package_is_refused(granary, r_source, filename):
    assert granary.add(r_source, {filename: r_package("wheat", "1.0")}).returncode not in (0, 134, 139)


WHEEL, SDIST = wheel_name("spelt", "1.0"), sdist_name("spelt", "1.0")
INFO = "spelt-1.0.dist-info"
BAD_UPLOADS = {
    "truncated wheel": (WHEEL, wheel("spelt", "1.0", files=[("spelt/x", bytes(range(256)) * 100)])[:-100]),
    "empty": (WHEEL, b""),
    "no zip": (WHEEL, b"PK nothing" * 100),
    "no metadata": (WHEEL, zip_of([("spelt/__init__.py", b""), (f"{INFO}/WHEEL", b"Wheel-Version: 1.0\n")])),
    "metadata of another name": (WHEEL, wheel("spelt", "1.0", metadata_bytes=metadata("rye", "1.0"))),
    "metadata of another version": (WHEEL, wheel("spelt", "1.0", metadata_bytes=metadata("spelt", "1.1"))),
    "metadata without a name": (WHEEL, wheel("spelt", "1.0", metadata_bytes=b"Metadata-Version: 2.1\nVersion: 1.0\n")),
    "enormous metadata": (WHEEL, wheel("spelt", "1.0", metadata_bytes=metadata("spelt", "1.0", extra="\n" + "x" * 50_000_000))),
    "traversal in a wheel": (WHEEL, wheel("spelt", "1.0", files=[("../../evil.py", b"x")])),
    "an absolute path in a wheel": (WHEEL, wheel("spelt", "1.0", files=[("/etc/evil.py", b"x")])),
    "a zip bomb": (WHEEL, wheel("spelt", "1.0", files=[("spelt/pad", bytes(400_000_000))])),
    "a bad version": ("spelt-one-py3-none-any.whl", wheel("spelt", "one")),
    "a bad wheel name": ("spelt-1.0.whl", wheel("spelt", "1.0")),
    "a path as the name": ("../spelt-1.0-py3-none-any.whl", wheel("spelt", "1.0")),
    "an egg": ("spelt-1.0.egg", wheel("spelt", "1.0")),
    "truncated sdist": (SDIST, sdist("spelt", "1.0", files=[("spelt-1.0/x", bytes(range(256)) * 100)])[:-150]),
    "no pkg-info": (SDIST, tar_gz([("spelt-1.0/setup.py", b"")])),
    "sdist of another name": (SDIST, sdist("rye", "1.0")),
    "traversal in an sdist": (SDIST, sdist("spelt", "1.0", files=[("spelt-1.0/../../../evil", b"x")])),
    "an R package": (SDIST, r_package("spelt", "1.0")),
}


@pytest.mark.parametrize("case", BAD_UPLOADS)
def test_a_bad_upload_is_refused(granary, python, case):
    name, token = python
    filename, data = BAD_UPLOADS[case]
    answer = granary.upload(name, filename, data, token)
    assert 400 <= answer.status < 500, answer
    assert answer.reason and answer.reason not in ("Bad Request", "OK") and "\n" not in answer.reason
    assert granary.filenames(name, "spelt") == []
    assert granary.upload(name, WHEEL, wheel("spelt", "1.0"), token).status == 200
    assert granary.filenames(name, "spelt") == [WHEEL]


@pytest.mark.parametrize("fields", [{"sha256_digest": "0" * 64}, {"md5_digest": "0" * 32}, {"blake2_256_digest": "0" * 64},
                                    {"name": "rye"}, {"version": "1.1"}, {":action": "submit"}, {":action": "doc_upload"},
                                    {"sha256_digest": "not hex"}])
def test_fields_that_disagree_with_the_file_are_refused(granary, python, fields):
    name, token = python
    answer = granary.upload(name, WHEEL, wheel("spelt", "1.0"), token, {"name": "spelt", "version": "1.0"} | fields)
    assert answer.status == (410 if ":action" in fields else 400), answer
    assert granary.filenames(name, "spelt") == []


def test_a_second_sdist_of_a_version_is_refused(granary, python):
    name, token = python
    assert granary.upload(name, SDIST, sdist("spelt", "1.0"), token).status == 200
    other = granary.upload(name, SDIST, sdist("spelt", "1.0", files=[("spelt-1.0/more", b"x")]), token)
    assert other.status == 400 and "already exists" in other.reason, other
    spelled = granary.upload(name, "Spelt-1.0.tar.gz", sdist("spelt", "1.0", files=[("spelt-1.0/x", b"y")]), token)
    assert spelled.status == 400, spelled


def test_names_that_differ_only_by_case_or_separators_are_one_project(granary, python):
    name, token = python
    for spelling, version in (("Durum-Wheat", "1.0"), ("durum_wheat", "1.1"), ("DURUM.WHEAT", "1.2")):
        assert granary.upload(name, wheel_name(spelling, version), wheel(spelling, version), token).status == 200
    assert len(granary.filenames(name, "durum-wheat")) == 3
    listed = granary.get(f"/{name}/latest/simple/", Accept="application/vnd.pypi.simple.v1+json").json["projects"]
    assert len(listed) == 1


def test_r_names_that_differ_only_by_case_are_refused(granary, r_source):
    granary.added(r_source, {r_name("wheat", "1.0"): r_package("wheat", "1.0")})
    done = granary.add(r_source, {r_name("Wheat", "1.0"): r_package("Wheat", "1.0")})
    assert done.returncode not in (0, 134, 139) and "wheat" in done.stderr, done


@pytest.mark.parametrize("path", ["/{}/latest/simple/../../../etc/passwd", "/{}/latest/packages/../../../../etc/passwd",
                                  "/{}/latest/simple/%2e%2e%2f%2e%2e%2fetc%2fpasswd/", "/{}/latest/simple/a%00b/",
                                  "/{}/latest/src/contrib/..%2f..%2fx", "/{}/latest/simple/" + "a" * 20_000 + "/", "//{}//latest//simple//",
                                  "/{}/latest/simple/%/", "/{}/latest/simple/%zz/", "/" + "x/" * 2000])
def test_a_bad_path_is_refused(granary, python, path):
    answer = raw(granary, f"GET {path.format(python[0])} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ", 2)[1] in (b"400", b"404", b"414", b"431", b"301", b"308"), answer[:300]
    assert b"root:" not in answer


def raw(granary, data, shutdown=False):
    with socket.create_connection(("127.0.0.1", granary.port), 20) as connection:
        connection.sendall(data)
        if shutdown:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


SMUGGLED = {
    "both lengths": b"POST /__ping__ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /__ping__ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "a bad chunk": b"POST /__ping__ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a bare line feed": b"GET /__ping__ HTTP/1.1\nHost: a\n\n",
    "a negative length": b"POST /__ping__ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "an absurd length": b"POST /__ping__ HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "no host": b"GET /__ping__ HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /__ping__ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "space before the colon": b"GET /__ping__ HTTP/1.1\r\nHost : a\r\n\r\n",
    "a folded header": b"GET /__ping__ HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
    "nonsense": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n",
}


@pytest.mark.parametrize("case", SMUGGLED)
def test_a_request_that_two_servers_could_read_differently_is_400(granary, case):
    answer = raw(granary, SMUGGLED[case])
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1, "and nothing after it is answered"


def test_an_upload_cut_off_in_the_middle_leaves_nothing(granary, python):
    name, token = python
    data = wheel("spelt", "1.0", files=[("spelt/noise", bytes(range(256)) * 4000)], compression=zipfile.ZIP_STORED)
    head = (f"POST /upload/pypi/{name} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            f"Authorization: {basic('__token__', token)['Authorization']}\r\nContent-Length: {len(data) + 500}\r\n\r\n")
    body = (b'--b\r\nContent-Disposition: form-data; name=":action"\r\n\r\nfile_upload\r\n'
            b'--b\r\nContent-Disposition: form-data; name="content"; filename="' + WHEEL.encode() + b'"\r\n\r\n' + data[:-2000])
    with socket.create_connection(("127.0.0.1", granary.port), 20) as connection:
        connection.sendall(head.encode() + body)
    assert granary.filenames(name, "spelt") == []
    assert granary.upload(name, WHEEL, data, token).status == 200
    assert not granary.cli_json("verify")["problems"]


@pytest.mark.parametrize("body, status", [
    (b"", 400), (b"--b--\r\n", 400), (b"--b\r\n\r\n", 400), (b"garbage", 400),
    (b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n' + b"y" * 100_000, 400),
    (b"--b\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n", 413)], ids=["empty", "only its end", "no head", "garbage", "no end", "a long head"])
def test_a_broken_form_is_refused(granary, python, body, status):
    name, token = python
    answer = granary.request("POST", f"/upload/pypi/{name}", basic("__token__", token) | {"Content-Type": "multipart/form-data; boundary=b"}, body)
    assert answer.status == status, answer


def test_an_upload_without_a_token_is_refused_before_its_body(granary, python):
    head = (f"POST /upload/pypi/{python[0]} HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            "Content-Length: 1000000000\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n").encode()
    assert raw(granary, head).startswith(b"HTTP/1.1 401 ")


def test_an_upload_to_nowhere_is_404_and_to_an_r_source_400(granary, r_source):
    token = granary.token()
    assert granary.upload("nowhere", WHEEL, wheel("spelt", "1.0"), token).status in (403, 404)
    assert 400 <= granary.upload(r_source, WHEEL, wheel("spelt", "1.0"), token).status < 500


def test_bombs_and_enormous_fields_cost_no_memory(make_granary):
    with make_granary() as server:
        name, r, token = server.repository("python"), server.source("r"), server.token()
        assert server.upload(name, wheel_name("rye", "1.0"), wheel("rye", "1.0"), token).status == 200
        before = server.resident_bytes()
        for case in ("a zip bomb", "enormous metadata", "truncated wheel"):
            assert server.upload(name, *BAD_UPLOADS[case], token).status in (400, 413)
        for case in ("a bomb", "an enormous description", "gzip of no tar"):
            assert server.add(r, {r_name("wheat", "1.0"): BAD_TARBALLS[case]}).returncode == 1
        # Eight bombs at once.
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: server.upload(name, *BAD_UPLOADS["a zip bomb"], token).status, range(8)))
        assert set(answers) <= {413, 503}, answers
        growth = server.resident_bytes(peak=True) - before
        assert growth < 50_000_000, f"{growth / 1e6:.0f} MB"
