"""Behind balancers: nginx that rewrites paths, haproxy with the PROXY protocol, addresses of clients, draining."""

import http.client
import shutil
import signal
import subprocess
import time

import pytest

from artifacts import wheel, wheel_name
from conftest import missing
from server import Answer, eventually
from services import accepts, free_port, wait_until

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location /packages/ {{ {location} }} }}
}}
"""

HAPROXY = """
defaults
  mode tcp
  timeout connect 5s
  timeout client 20s
  timeout server 20s
listen one
  bind 127.0.0.1:{port}
  server granary 127.0.0.1:{granary} {send}
"""


class Proxy:
    """A proxy of either kind in the foreground, on a port of its own."""

    def __init__(self, folder, program, text, **values):
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/bin"):
            missing(f"{program} is not installed: make e2e installs it")
        folder.mkdir()
        self.port = free_port()
        config = folder / "proxy.conf"
        config.write_text(text.format(folder=folder, port=self.port, **values))
        words = {"nginx": ["nginx", "-c", config, "-p", folder], "haproxy": ["haproxy", "-db", "-q", "-f", config]}[program]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={"PATH": "/usr/sbin:/usr/bin:/usr/local/bin"})
        wait_until(lambda: accepts(self.port), program, alive=lambda: self.process.poll() is None)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def get(self, path, headers=None, source="127.0.0.1"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(source, 0))
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        found = Answer(answer.status, answer.reason, answer.headers, answer.read())
        connection.close()
        return found

    def close(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def proxy(tmp_path):
    made = []

    def make(*arguments, **values):
        made.append(Proxy(tmp_path / f"proxy{len(made)}", *arguments, **values))
        return made[-1]

    yield make
    for one in made:
        one.close()


def shelf(server):
    name = server.repository("python")
    server.added(name, {wheel_name("pot", "1.0"): wheel("pot", "1.0")})
    r = server.repository("r")
    return name, r


STRIPPED = {
    "X-RSPM-Request": "proxy_set_header X-RSPM-Request $scheme://$http_host$request_uri;",
    "X-Forwarded": "proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;"
                   "proxy_set_header X-Forwarded-Prefix /packages;"}


@pytest.mark.parametrize("headers", STRIPPED.values(), ids=STRIPPED.keys())
def test_a_proxy_that_takes_the_prefix_off_and_says_so(make_granary, proxy, pip, headers):
    server = make_granary(settings={"Server": {"Address": None}}).start()
    front = proxy("nginx", NGINX, location=f"proxy_pass http://127.0.0.1:{server.port}/; {headers}")
    works_below_the_prefix(server, front, pip)


def test_a_proxy_that_leaves_the_prefix_on(make_granary, proxy, pip):
    server = make_granary()
    front = proxy("nginx", NGINX, location=f"proxy_pass http://127.0.0.1:{server.port};")
    server.settings["Server"]["Address"] = f"{front.url}/packages"
    server.start()
    works_below_the_prefix(server, front, pip)
    assert server.get("/packages").headers["Location"] == "packages/"
    assert server.get("/__ping__").status == 200  # health checks of the balancer go past the prefix


def works_below_the_prefix(server, front, pip):
    name, r = shelf(server)
    base = f"{front.url}/packages"
    home = front.get("/packages/")
    assert home.status == 200 and f"{base}/{name}/latest/simple" in home.text, home.text
    pip.install(f"{base}/{name}/latest/simple/", "pot")
    assert pip.answer("pot") == "1.0"
    urls = front.get(f"/packages/{name}/latest/pypi/pot/json").json["urls"]
    assert urls and all(one["url"].startswith(f"{base}/{name}/latest/packages/") for one in urls)
    assert front.get(urls[0]["url"][len(front.url):]).body == wheel("pot", "1.0")
    moved = front.get(f"/packages/{r}/latest/src/contrib")
    assert moved.status == 301 and moved.headers["Location"] == "contrib/"
    assert front.get(f"/packages/{r}/latest/src/contrib/PACKAGES").status == 200


@pytest.mark.parametrize("send", ["send-proxy", "send-proxy-v2", "send-proxy check check-send-proxy"])
def test_the_proxy_protocol_of_haproxy_names_the_client(make_granary, proxy, send):
    log = "{DataDir}/access.log"
    server = make_granary(settings={"HTTP": {"ProxyProtocol": "on"}, "Server": {"AccessLog": log}})
    server.launch()
    wait_until(lambda: accepts(server.port), "the server", alive=lambda: server.process.poll() is None)
    front = proxy("haproxy", HAPROXY, granary=server.port, send=send)
    assert front.get("/__ping__", source="127.0.0.2").status == 200
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        server.get("/__ping__")  # without the header
    assert server.stop() == 0
    lines = (server.folder / "data/access.log").read_text().splitlines()
    assert any(line.startswith("127.0.0.2 ") and "/__ping__" in line for line in lines), lines
    assert "does not begin with a PROXY header" in server.log()


@pytest.mark.parametrize("trusted, client", [("", "203.0.113.9"), ("127.0.0.1", "127.0.0.3"), ("10.0.0.0/8", "127.0.0.1")])
def test_the_access_log_names_the_client_that_a_trusted_proxy_names(make_granary, proxy, trusted, client):
    server = make_granary(settings={"HTTP": {"TrustedProxies": trusted}, "Server": {"AccessLog": "{DataDir}/access.log"}}).start()
    front = proxy("nginx", NGINX, location=f"proxy_pass http://127.0.0.1:{server.port}/;"
                                           "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;")
    # The client says that it is somebody else; the proxy adds from where it asked.
    assert front.get("/packages/__api__/status", {"X-Forwarded-For": "203.0.113.9"}, source="127.0.0.3").status == 200
    server.stop()
    [line] = [line for line in (server.folder / "data/access.log").read_text().splitlines() if "/__api__/status" in line]
    assert line.startswith(client + " "), line


def test_before_it_stops_the_ping_fails_and_all_else_goes_on(make_granary):
    server = make_granary(settings={"Limits": {"DrainDelay": "30s"}}).start()
    server.process.send_signal(signal.SIGTERM)
    eventually(lambda: server.get("/__ping__").status == 503)
    assert server.get("/__live__").status == 200 and server.get("/__api__/status").status == 200  # a new connection each
    begun = time.monotonic()
    assert server.stop() == 0  # a second signal ends the wait
    assert time.monotonic() - begun < 15
