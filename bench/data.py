"""What is measured: small wheels as ready upload requests, a project page of 2 KB, an index of 1 MB, a file of 300 KB."""

import base64
import pathlib
import random
import string
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))

from artifacts import r_name, r_package, wheel, wheel_name  # noqa: E402

PIP_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
VERSIONS = 20  # of each project


def multipart(filename, data, name, version):
    boundary = "granarybench"
    fields = {":action": "file_upload", "protocol_version": "1", "filetype": "bdist_wheel", "pyversion": "py3",
              "metadata_version": "2.1", "name": name, "version": version}
    body = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items())
    body += (f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{filename}"\r\n'
             "Content-Type: application/octet-stream\r\n\r\n").encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def write_requests(path, url_path, headers, first, count):
    """The uploads of the wheels first..first+count: 20 versions of each project, about 1 KB each."""
    with open(path, "wb") as out:
        for number in range(first, first + count):
            name, version = f"small{number // VERSIONS}", f"1.{number % VERSIONS}"
            body, kind = multipart(wheel_name(name, version), wheel(name, version), name, version)
            head = "".join(f"{k}: {v}\r\n" for k, v in (headers | {"Content-Type": kind, "Content-Length": len(body)}).items())
            request = f"POST {url_path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode() + body
            out.write(struct.pack("<I", len(request)) + request)


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def page_files():
    """Their page is about 2 KB of JSON."""
    return {wheel_name("page", f"1.{i}"): wheel("page", f"1.{i}") for i in range(4)}


def big_file():
    noise = random.Random(1).randbytes(300_000)
    return {wheel_name("freight", "1.0"): wheel("freight", "1.0", files=[("freight/noise", noise)])}


def r_packages(count=420):
    """Their PACKAGES.rds is about 1 MB."""
    chance, files = random.Random(2), {}
    for number in range(count):
        suggests = ", ".join("".join(chance.choices(string.ascii_letters, k=12)) for _ in range(240))
        files[r_name(f"rye{number}", "1.0")] = r_package(f"rye{number}", "1.0", Suggests=suggests)
    return files
