"""HAProxy in front of the nodes: asks each for /__ping__, and sends a request that a node did not answer to another."""

import network
from machine import Process
from services import http_status, wait_until

PORT = 4242


class Balancer(Process):
    def __init__(self, record, folder, nodes):
        super().__init__(record, "lb", "haproxy", folder / "haproxy.log")
        self.file = folder / "haproxy.cfg"
        servers = "\n".join(f"    server {node.machine} {node.address}:{node.port} check" for node in nodes)
        self.file.write_text(f"""\
global
    maxconn 4000
defaults
    mode http
    timeout connect 1s
    timeout client 65s
    timeout server 30s
    timeout check 1s
    timeout http-keep-alive 60s
frontend packages
    bind {self.address}:{PORT}
    default_backend nodes
backend nodes
    balance roundrobin
    http-reuse always
    option httpchk GET /__ping__
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response 503
    # What may have been done is not done again by the balancer: the client decides.
    http-request disable-l7-retry unless METH_GET
{servers}
""")

    @property
    def url(self):
        return f"http://{network.address('lb')}:{PORT}"

    def start(self):
        self.launch("haproxy", "-db", "-q", "-f", self.file)
        wait_until(lambda: http_status(f"{self.url}/__ping__") == 200, "the balancer", 20, self.alive)
