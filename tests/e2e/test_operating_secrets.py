"""The encryption key: encrypted settings, and one key for all nodes of a database."""

import os
import pty
import re
import subprocess

from server import BINARY
from services import S3


def generate(server, name="granary.key"):
    path = server.folder / name
    out = server.cli("encrypt", "generate", "--path", path)
    assert path.stat().st_mode & 0o777 == 0o600 and len(path.read_text().strip()) == 1024
    return path, re.search("key ([0-9a-f]{16}) to", out).group(1)


def encrypt(server, secret, key):
    done = subprocess.run([BINARY, "encrypt"], input=secret, capture_output=True, text=True,
                          env=server.environment | {"GRANARY_ENCRYPTION_KEY": key.read_text()})
    assert done.returncode == 0, done.stderr
    assert secret.strip() not in done.stdout
    return done.stdout.strip()


def refused(server):
    server.launch()
    assert server.process.wait(30) == 1
    return server.log()


def test_a_server_runs_on_encrypted_settings(make_granary):
    server = make_granary("sqlite-s3")
    key, fingerprint = generate(server)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del server.environment[name]
    server.settings["Server"]["EncryptionKeyPath"] = key
    server.settings["S3Storage"] |= {"AccessKeyID": S3.access, "SecretAccessKey": encrypt(server, S3.secret + "\n", key)}
    server.write_config()
    assert f"[PASS] encryption: key {fingerprint}" in server.cli("check-config")
    with server:
        server.repository("python")  # the bucket was reached
        assert fingerprint in server.log() and S3.secret not in server.log() and key.read_text().strip() not in server.log()


def test_a_wrong_key_is_said_with_the_setting_and_both_fingerprints(make_granary):
    server = make_granary()
    (key, mine), (other, theirs) = generate(server, "one.key"), generate(server, "two.key")
    server.settings["S3Storage"] = {"SecretAccessKey": encrypt(server, "hunter2!", key)}
    server.settings["Server"]["EncryptionKeyPath"] = other
    log = refused(server)
    assert "S3Storage.SecretAccessKey" in log and mine in log and theirs in log, log
    done = server.run("check-config")
    assert done.returncode == 1 and "[FAIL] encryption: S3Storage.SecretAccessKey" in done.stdout


def test_a_key_is_never_written_over(make_granary):
    server = make_granary()
    key, _ = generate(server)
    before = key.read_text()
    done = server.run("encrypt", "generate", "--path", key)
    assert done.returncode == 1 and "there already" in done.stderr and key.read_text() == before


def test_nodes_with_different_keys_do_not_share_a_database(make_granary):
    first = make_granary("postgres-s3")
    second = make_granary(share=first)
    (one, mine), (two, theirs) = generate(first, "one.key"), generate(first, "two.key")
    first.settings["Server"]["EncryptionKeyPath"] = one
    with first:
        second.settings["Server"]["EncryptionKeyPath"] = two
        log = refused(second)
        assert mine in log and theirs in log and "same key" in log, log
        del second.settings["Server"]["EncryptionKeyPath"]
        assert "no encryption key" in refused(second)
        second.settings["Server"]["EncryptionKeyPath"] = one
        second.start()
        second.stop()
    # The key is changed: once the database has been told, the old one is the wrong one.
    second.settings["Server"]["EncryptionKeyPath"] = two
    second.start(arguments=["--accept-key"])
    assert theirs in refused(first)


def test_a_key_comes_to_nodes_without_one_when_all_of_them_have_it(make_granary):
    first = make_granary("postgres-s3", settings={"Server": {"NodeName": "first"}})
    second = make_granary(share=first, settings={"Server": {"NodeName": "second"}})
    key, fingerprint = generate(first)
    first.start()
    second.settings["Server"]["EncryptionKeyPath"] = key
    log = refused(second)
    assert f"this node has the encryption key {fingerprint}, but node first works with no encryption key" in log, log
    assert "granary serve --accept-key" in log
    assert second.run("check-config").returncode == 0, "the settings themselves are right"
    # It has left nothing behind: the one that works goes on, and so does a third without a key.
    del second.settings["Server"]["EncryptionKeyPath"]
    second.start()
    assert {one["name"]: one["key"] for one in first.cli_json("cluster", "nodes")} == {"first": "", "second": ""}
    assert (first.stop(), second.stop()) == (0, 0)

    for node in (first, second):
        node.settings["Server"]["EncryptionKeyPath"] = key
    first.start()
    second.start()
    assert {one["key"] for one in first.cli_json("cluster", "nodes")} == {fingerprint}
    assert (first.stop(), second.stop()) == (0, 0)
    # And away again, which needs a word.
    for node in (first, second):
        del node.settings["Server"]["EncryptionKeyPath"]
    assert fingerprint in refused(first) and "--accept-key" in first.log()
    first.start(arguments=["--accept-key"])
    second.start()


def test_what_the_old_key_had_sealed_is_named_until_it_is_given_anew(make_granary, cran_upstream):
    server = make_granary()
    (one, _), (two, _) = generate(server, "one.key"), generate(server, "two.key")
    private = server.folder / "id_ed25519"
    private.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n")
    server.settings["Server"]["EncryptionKeyPath"] = one
    server.settings["CRAN"] = {"SyncSchedule": ""}
    warning = "cannot be opened"
    with server:
        server.cli("import", "https-credential", "--name", "team", "--username", "bot", "--password", "s3cret")
        server.cli("import", "ssh-key", "--name", "deploy", "--path", private)
        server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", cran_upstream.url, "--user", "us",
                   "--password", encrypt(server, "hunter2", one))
        server.cli("create", "source", "--name", "plain", "--type", "cran", "--url", cran_upstream.url, "--user", "us", "--password", "open")
        server.stop()
        server.start()
        assert warning not in server.log(), "all is sealed with its own key"
        server.stop()

        server.settings["Server"]["EncryptionKeyPath"] = two
        server.start(arguments=["--accept-key"])
        [told] = [line for line in server.log().splitlines() if warning in line]
        for word in ("count=3", "HTTPS credential team", "SSH key deploy", "source cran", "granary edit https-credential --name",
                     "granary edit ssh-key --name", "granary edit source --name"):
            assert word in told, (word, told)
        assert "plain" not in told and "hunter2" not in told and "s3cret" not in told
        failed = server.run("sync", "--source", "cran")
        assert failed.returncode == 1 and "is encrypted with the key" in failed.stderr, failed.stderr

        # What it says mends it.
        server.cli("edit", "https-credential", "--name", "team", "--password", "s3cret")
        server.cli("edit", "ssh-key", "--name", "deploy", "--path", private)
        server.cli("edit", "source", "--name", "cran", "--password", encrypt(server, "hunter2", two))
        server.cli("sync", "--source", "cran")
        server.stop()
        server.start()
        assert server.log().count(warning) == 1


def test_a_secret_typed_at_a_terminal_is_not_shown(make_granary):
    server = make_granary()
    key, fingerprint = generate(server)
    mine, terminal = pty.openpty()
    process = subprocess.Popen([BINARY, "encrypt"], stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, text=True,
                               env=server.environment | {"GRANARY_ENCRYPTION_KEY": key.read_text()})
    os.close(terminal)
    shown = b""
    while b"secret: " not in shown:
        shown += os.read(mine, 1000)
    os.write(mine, b"typed in\n")
    out, _ = process.communicate(timeout=30)
    try:
        shown += os.read(mine, 1000)
    except OSError:
        pass  # the other end is closed
    os.close(mine)
    assert process.returncode == 0 and out.startswith(f"enc1:{fingerprint}:")
    assert b"typed in" not in shown
