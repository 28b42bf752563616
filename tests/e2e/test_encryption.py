"""Objects that the nodes encrypt before they send them, with keys of a KMS: a real S3 server, a real emulator of KMS."""

import concurrent.futures
import contextlib
import socket
import threading
import time

import pytest

from artifacts import r_package, wheel, wheel_name
from server import eventually


class Cable:
    """Between a node and the key service: it can be cut."""

    def __init__(self, port):
        self.to, self.up, self.ends, self.asked = port, True, [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                if not self.up:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.to))
                self.ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def carry(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.asked += data.count(b"TrentService.")  # of requests alone
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def cut(self):
        self.up = False
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.up = True

    def close(self):
        self.cut()
        self.listener.close()


@pytest.fixture
def cable(aws):
    made = Cable(aws.port)
    yield made
    made.close()


@pytest.fixture
def sealing(make_granary, aws, cable):
    """sealing(key, share=None, **more): a node that encrypts with the key, not started; `more` of [S3Storage]."""
    def make(key, share=None, **more):
        settings = {"S3Storage": {"KeyID": key, "KMSEndpoint": f"http://127.0.0.1:{cable.port}"} | more}
        return make_granary("postgres-s3", settings=settings, share=share)
    return make


def in_bucket(server, s3):
    """{name: bytes} of what lies in the bucket of the server."""
    bucket = server.settings["S3Storage"]["Bucket"]
    return {name: (s3.folder / "data" / bucket / name).read_bytes() for name in s3.objects(bucket) if "/sha256/" in name}


def sealed(server, s3):
    return {name: data for name, data in in_bucket(server, s3).items() if name.endswith(".sealed")}


def publish(server, twine, project):
    name = wheel_name(project, "1.0")
    data = wheel(project, "1.0")
    (twine.folder / name).write_bytes(data)
    repository = server.repository("python")
    twine.upload(f"{server.url}/upload/pypi/{repository}", server.token(), twine.folder / name)
    return repository, server.file_url(repository, project, name), data


def test_what_lies_in_the_bucket_is_not_what_was_published_and_clients_get_what_was(sealing, aws, s3, twine, pip, r):
    server = sealing(aws.create_key()).start()
    repository, path, data = publish(server, twine, "secret")
    tarball = r_package("hidden", "1.0")
    rs = server.repository("r")
    server.added(rs, {"hidden_1.0.tar.gz": tarball})
    stored = in_bucket(server, s3)
    assert len(stored) == 2 and all(name.endswith(".sealed") for name in stored), stored.keys()
    for lying in stored.values():
        for plain in (data, tarball):
            assert not any(plain[at:at + 16] in lying for at in range(0, len(plain) - 16, 16))
    other = sealing(server.settings["S3Storage"]["KeyID"], share=server).start()  # has nothing on its disk
    assert other.get(path).body == data
    part = other.get(path, Range="bytes=10-29")
    assert (part.status, part.body) == (206, data[10:30])
    pip.install(f"{other.url}/{repository}/latest/simple/", "secret")
    session = r(f"{other.url}/{rs}/latest")
    session.install("hidden")
    assert (pip.answer("secret"), session.answer("hidden")) == ("1.0", "1.0")
    assert "encrypted here with the key" in other.cli("check-config")


def test_a_new_key_seals_what_is_new_and_the_old_one_opens_what_is_old(sealing, aws, s3, twine):
    alias = "alias/rotated"
    first_key, second_key = aws.create_key(alias), aws.create_key()
    server = sealing(alias).start()
    _, old, old_data = publish(server, twine, "before")
    before = sealed(server, s3)
    aws.call("UpdateAlias", AliasName=alias, TargetKeyId=second_key)
    server.stop()
    server.start()  # it would go on with its data key for five minutes
    _, new, new_data = publish(server, twine, "after")
    [added] = [data for name, data in sealed(server, s3).items() if name not in before]
    [kept] = before.values()
    assert first_key.encode() in kept[:1024] and second_key.encode() in added[:1024]
    other = sealing(alias, share=server).start()
    assert (other.get(old).body, other.get(new).body) == (old_data, new_data)


def test_a_key_that_nobody_has_is_a_503_that_says_so(sealing, aws, twine):
    key = aws.create_key()
    server = sealing(key).start()
    _, path, data = publish(server, twine, "there")
    token, source = server.token(), server.source("python")
    stranger = sealing("alias/nobody", share=server)
    checked = stranger.run("check-config")
    assert checked.returncode == 1 and "S3Storage.KeyID" in checked.stdout, checked.stdout
    stranger.start()
    refused = stranger.upload(source, wheel_name("late", "1.0"), wheel("late", "1.0"), token)
    assert refused.status == 503 and refused.headers["Retry-After"], refused
    assert "the key service refuses GenerateDataKey" in refused.text and "S3Storage.KeyID" in refused.text, refused
    assert "the key service refuses GenerateDataKey" in stranger.log()
    assert stranger.get(path).body == data, "what another key has sealed is read with that one"


def test_many_uploads_and_first_reads_cost_few_calls_of_the_key_service(sealing, aws, cable):
    server = sealing(aws.create_key()).start()
    name, token = server.repository("python"), server.token()
    before = cable.asked
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda i: server.upload(name, wheel_name("grain", f"1.{i}"), wheel("grain", f"1.{i}"), token), range(100)):
            assert answer.status == 200, answer
    assert cable.asked - before <= 2, "indexes have one of their own"
    other = sealing(server.settings["S3Storage"]["KeyID"], share=server).start()  # has nothing on its disk
    before = cable.asked
    for i in range(100):
        assert other.get(server.file_url(name, "grain", wheel_name("grain", f"1.{i}"))).body == wheel("grain", f"1.{i}")
    assert 1 <= cable.asked - before <= 4


def test_without_the_key_service_nodes_start_and_serve_what_they_have(sealing, aws, cable, twine):
    key = aws.create_key()
    server = sealing(key).start()
    repository, path, data = publish(server, twine, "there")
    cable.cut()
    assert server.get(path).body == data
    soon, late = ((wheel_name(name, "1.0"), wheel(name, "1.0")) for name in ("soon", "late"))
    assert server.upload(repository, *soon, server.token()).status == 200, "the data key of the last one serves"
    other = sealing(key, share=server).start()
    refused = other.upload(repository, *late, server.token())
    assert refused.status == 503 and refused.headers["Retry-After"], refused
    assert other.filenames(repository, "there") == [wheel_name("there", "1.0")]
    assert other.get(path).status == 503
    cable.mend()
    assert other.get(path).body == data
    assert server.upload(repository, *late, server.token()).status == 200
    eventually(lambda: other.filenames(repository, "late") == [late[0]])


def test_the_store_is_asked_to_encrypt_as_well(make_granary, aws, twine):
    """moto's S3 keeps what it was asked, and encrypts with keys of its own KMS."""
    key = aws.create_key()
    bucket = aws.bucket()
    settings = {"Storage": {"Default": "s3"},
                "S3Storage": {"Bucket": bucket, "Endpoint": aws.endpoint, "S3ForcePathStyle": "true", "KeyID": key,
                              "KMSEndpoint": aws.endpoint, "ServerSideEncryption": "aws:kms", "SSEKMSKeyID": key}}
    environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with make_granary(settings=settings, environment=environment) as server:
        _, path, data = publish(server, twine, "twice")
        assert server.get(path).body == data
    [stored] = aws.objects(bucket)
    told = aws.head(bucket, stored)
    assert stored.endswith(".sealed") and told["x-amz-server-side-encryption"] == "aws:kms"
    assert told["x-amz-server-side-encryption-aws-kms-key-id"].endswith(key.rpartition("/")[2])


def test_while_a_node_of_the_version_before_works_it_can_read_what_is_written(sealing, aws, s3, postgres):
    server = sealing(aws.create_key()).start()
    database = server.settings["Postgres"]["URL"].rsplit("/", 1)[1].split("?")[0]
    postgres.sql("INSERT INTO nodes (name, address, version, role, key_fingerprint, started_at, heard_at, online, running, stopped, "
                 "wanted_online) VALUES ('old', '', '0.0', 'all', '', 1, 9000000000000000, 1, 0, 0, 1)", database)
    name, token = server.repository("python"), server.token()

    def newest():
        """How an object begins that is published once nodes have been asked to hear of each other."""
        server.cli("cluster", "online", "--nodes", "old")
        before, version = set(sealed(server, s3)), f"1.{time.monotonic_ns()}"
        assert server.upload(name, wheel_name("oats", version), wheel("oats", version), token).status == 200
        return {data[:8] for path, data in sealed(server, s3).items() if path not in before}

    eventually(lambda: newest() == {b"granary\1"})
    refused = server.run("gc")
    assert refused.returncode != 0 and "older version" in refused.stderr and len(refused.stderr.splitlines()) <= 2, refused
    postgres.sql("UPDATE nodes SET stopped = 1 WHERE name = 'old'", database)
    eventually(lambda: newest() == {b"granary\2"})
    assert server.cli_json("gc")["blobs"] == 0
    other = sealing(server.settings["S3Storage"]["KeyID"], share=server).start()
    for filename in server.filenames(name, "oats"):
        assert other.get(server.file_url(name, "oats", filename)).status == 200
