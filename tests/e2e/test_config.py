"""Settings, check-config, and what signals do."""

import concurrent.futures
import http.client
import signal
import socket
import threading
import time

import pytest

from artifacts import wheel, wheel_name
from server import basic, eventually, gcfg

# As an administrator of Posit Package Manager has it; only paths and ports are changed.
INCUMBENT = """
; /etc/rstudio-pm/rstudio-pm.gcfg
[Server]
Address = https://packages.example.com
RVersion = /opt/R/4.2.2
DataDir = "{folder}/ppm"   # on a large disk
SockFileDir = {sockets}
AccessLog = {folder}/access.log
AccessLogFormat = combined

[HTTP]
Listen = 127.0.0.1:{port}

[Database]
Provider = sqlite

[CRAN]
SyncSchedule = "0 0 * * *"

[Git]
PollInterval = 5m
AllowUnsandboxedGitBuilds = false

[Metrics]
Enabled = off

[logging]
systemloglevel = DEBUG
"""


def check(server):
    return server.run("check-config")


def test_a_file_of_the_incumbent_works(make_granary):
    server = make_granary()
    server.config.write_text(INCUMBENT.format(folder=server.folder, sockets=server.socket_folder, port=server.port))
    done = check(server)
    assert done.returncode == 0 and "[PASS]" in done.stdout and "[FAIL]" not in done.stdout, done.stdout
    server.config_text = server.config.read_text()
    server.start()
    assert server.get("/__api__/status").status == 200


def test_an_unknown_key_is_an_error_that_names_the_nearest(make_granary):
    server = make_granary(settings={"HTTP": {"Listn": ":1"}})
    server.launch()
    assert server.process.wait(20) != 0
    assert "HTTP.Listn" in server.log() and "HTTP.Listen" in server.log(), server.log()
    done = check(server)
    assert done.returncode != 0 and "[FAIL]" in done.stdout


@pytest.mark.parametrize("settings, word", [
    ({"Database": {"Provider": "oracle"}}, "oracle"), ({"Metrics": {"Enabled": "perhaps"}}, "perhaps"),
    ({"Limits": {"IdleTimeout": "soon"}}, "soon"), ({"HTTP": {"Listen": "127.0.0.1:99999"}}, "99999"),
    ({"Storage": {"Default": "s3"}}, "Bucket"), ({"Database": {"Provider": "postgres"}}, "URL"),
    ({"Nonsense": {"A": "1"}}, "Nonsense"), ({"Server": {"DataDir": "/proc/nothing"}}, "/proc/nothing")])
def test_a_wrong_value_is_named(make_granary, settings, word):
    server = make_granary(settings=settings)
    server.launch()
    assert server.process.wait(20) not in (0, -6, -11), server.log()
    assert word in server.log()


def test_check_config_says_pass_or_fail_for_each_check(make_granary):
    done = check(make_granary())
    assert done.returncode == 0 and done.stdout.count("[PASS]") >= 4, done.stdout
    broken = check(make_granary(settings={"Database": {"Provider": "postgres"},
                                          "Postgres": {"URL": "postgres://nobody@127.0.0.1:1/none"}}))
    assert broken.returncode != 0 and "[FAIL]" in broken.stdout and "[PASS]" in broken.stdout, broken.stdout


def test_the_environment_overrides_the_file(make_granary):
    for prefix in ("GRANARY", "PACKAGEMANAGER"):
        server = make_granary(settings={"HTTP": {"Listen": "127.0.0.1:1"}})
        server.environment[f"{prefix}_HTTP_LISTEN"] = f"127.0.0.1:{server.port}"
        server.start()
        server.stop()


def test_a_port_in_use_is_said(make_granary):
    with make_granary() as first:
        second = make_granary(settings={"HTTP": {"Listen": f"127.0.0.1:{first.port}"}})
        second.launch()
        assert second.process.wait(20) != 0
        assert str(first.port) in second.log() and "use" in second.log()


def test_sighup_reads_again_what_can_be_read_again(make_granary):
    with make_granary() as server:
        server.settings["Logging"] = {"SystemLogLevel": "debug"}
        server.config.write_text(gcfg(server.settings))
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: "debug" in server.log().lower())
        server.config.write_text("[Broken\n")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: "failed to" in server.log() or "cannot" in server.log())
        assert server.get("/__ping__").status == 200


def test_sigterm_cuts_no_request(make_granary):
    with make_granary() as server:
        name, token = server.repository("python"), server.token()
        server.added(name, {wheel_name("steady", "1.0"): wheel("steady", "1.0")})
        stopping, failures, done = [], [], [0]

        def client():
            while True:
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
                try:
                    connection.connect()
                except ConnectionRefusedError:
                    return  # it no longer accepts: nothing was cut
                except OSError:
                    return
                try:
                    while True:
                        answer = server.request("GET", f"/{name}/latest/simple/steady/", connection=connection)
                        if answer.status != 200:
                            failures.append(str(answer))
                        done[0] += 1
                        if answer.headers["Connection"] == "close":
                            break
                except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
                    # An idle connection may be closed just as the next request leaves: RFC 9112 9.5.
                    if not stopping:
                        failures.append(repr(error))
                    return
                finally:
                    connection.close()

        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            clients = [pool.submit(client) for _ in range(8)]
            # An upload whose body arrives slowly, across the signal.
            begun = threading.Event()
            slow = pool.submit(slow_upload, server, name, token, begun)
            assert begun.wait(30)
            stopping.append(True)
            code = server.stop(30)
            assert slow.result() == 200
            for finished in clients:
                finished.result(30)
        assert code == 0 and not failures and done[0] > 50, failures[:3]
        server.start()
        assert server.filenames(name, "slow") == [wheel_name("slow", "1.0")]


def slow_upload(server, name, token, begun):
    body = (b'--b\r\nContent-Disposition: form-data; name=":action"\r\n\r\nfile_upload\r\n'
            b'--b\r\nContent-Disposition: form-data; name="filetype"\r\n\r\nbdist_wheel\r\n'
            b'--b\r\nContent-Disposition: form-data; name="content"; filename="%s"\r\n\r\n' % wheel_name("slow", "1.0").encode()
            + wheel("slow", "1.0") + b"\r\n--b--\r\n")
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        head = (f"POST /upload/pypi/{name} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                f"Content-Length: {len(body)}\r\nAuthorization: {basic('__token__', token)['Authorization']}\r\n\r\n").encode()
        connection.sendall(head)
        step = len(body) // 10 + 1
        for start in range(0, len(body), step):
            connection.sendall(body[start:start + step])
            time.sleep(0.12)
            if start >= 3 * step:
                begun.set()
        answer = connection.makefile("rb").readline()
        return int(answer.split()[1])
