"""A big wheel goes through the server without going through its memory.

300 MB show it in a few seconds; GRANARY_BIG_UPLOAD_BYTES=2000000000 asks for the 2 GB of the promise."""

import binascii
import hashlib
import http.client
import os
import struct
import uuid

import pytest

from artifacts import metadata, record, wheel_name
from server import basic

SIZE = int(os.environ.get("GRANARY_BIG_UPLOAD_BYTES", 300_000_000))
CHUNK = bytes(1 << 20)


class BigWheel:
    """A stored member of zeros between small ones; made piece by piece, twice alike."""

    def __init__(self, name, version):
        self.name, self.version, self.filename = name, version, wheel_name(name, version)
        info = f"{name}-{version}.dist-info"
        crc, left = 0, SIZE
        while left:
            part = CHUNK[:min(left, len(CHUNK))]
            crc, left = binascii.crc32(part, crc), left - len(part)
        small = [(f"{info}/METADATA", metadata(name, version)),
                 (f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")]
        small.append((f"{info}/RECORD", record(small, info)))
        self.pieces, self.directory, offset = [], b"", 0
        for path, data, size, check in [(f"{name}/zeros.bin", None, SIZE, crc),
                                        *((p, d, len(d), binascii.crc32(d)) for p, d in small)]:
            fields = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x5821, check, size, size, len(path), 0)
            self.pieces += [b"PK\3\4" + fields + path.encode(), data]
            self.directory += (b"PK\1\2" + struct.pack("<H", 20) + fields[:-2] + struct.pack("<HHHHII", 0, 0, 0, 0, 0o644 << 16, offset)
                               + path.encode())
            offset += 30 + len(path) + size
        count = len(small) + 1
        self.directory += b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(self.directory), offset, 0)
        self.size = offset + len(self.directory)

    def __iter__(self):
        for piece in self.pieces:
            if piece is not None:
                yield piece
                continue
            left = SIZE
            while left:
                yield CHUNK[:min(left, len(CHUNK))]
                left -= min(left, len(CHUNK))
        yield self.directory


@pytest.mark.parametrize("pair", ["sqlite-file", "postgres-s3"])
def test_a_big_upload_costs_less_than_50_megabytes_of_memory(make_granary, pair):
    with make_granary(pair) as server:
        name, token = server.repository("python"), server.token()
        server.json_page(name, "warm")
        big, boundary = BigWheel("elephant", "1.0"), uuid.uuid4().hex
        head = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in
                        {":action": "file_upload", "protocol_version": "1", "filetype": "bdist_wheel"}.items())
        head += (f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{big.filename}"\r\n\r\n').encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        before, digest = server.resident_bytes(), hashlib.sha256()

        def body():
            yield head
            for piece in big:
                digest.update(piece)
                yield piece
            yield tail

        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
        connection.request("POST", f"/upload/pypi/{name}", body(), basic("__token__", token) | {
            "Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(len(head) + big.size + len(tail))})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        growth = server.resident_bytes(peak=True) - before
        assert growth < 50_000_000, f"{growth / 1e6:.0f} MB"

        [file] = server.json_page(name, "elephant").json["files"]
        assert (file["size"], file["hashes"]["sha256"]) == (big.size, digest.hexdigest())
        url = server.file_url(name, "elephant", big.filename)
        last = server.get(url, Range="bytes=-22")
        assert last.status == 206 and last.body == big.directory[-22:]
        assert server.get(f"{url}.metadata").body == metadata("elephant", "1.0")
        assert server.resident_bytes(peak=True) - before < 50_000_000
