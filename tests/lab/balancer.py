"""HAProxy in front of the nodes: asks each for /__ping__, and sends a request that a node did not answer to another; or does as
an application load balancer does, which has no second try."""

import network
from machine import Process
from services import http_status, wait_until

PORT = 4242
REPEATS, ALB = KINDS = ("repeats", "alb")
TIMES = """\
    timeout client 65s
    timeout check 1s
    timeout http-keep-alive 60s
"""
HOW = {
    REPEATS: """\
    timeout connect 1s
    timeout server 30s
    http-reuse always
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
    option redispatch 1
    retries 3
    retry-on conn-failure empty-response 503
    # What may have been done is not done again by the balancer: the client decides.
    http-request disable-l7-retry unless METH_GET
""",
    # Of a target group: an interval of 5 s, two failures, two successes. Ten seconds to connect, an idle timeout of 60 s.
    ALB: """\
    timeout connect 10s
    timeout server 60s
    http-reuse safe
    default-server inter 5s fall 2 rise 2
    retries 0
""",
}


class Balancer(Process):
    def __init__(self, record, folder, nodes, kind=REPEATS):
        super().__init__(record, "lb", "haproxy", folder / "haproxy.log")
        self.file, self.repeats = folder / "haproxy.cfg", kind == REPEATS
        servers = "\n".join(f"    server {node.machine} {node.address}:{node.port} check" for node in nodes)
        self.file.write_text(f"""\
global
    maxconn 4000
    tune.pipesize 1048576
defaults
    mode http
    option splice-response
{TIMES}frontend packages
    bind {self.address}:{PORT}
    default_backend nodes
backend nodes
    balance roundrobin
    option httpchk GET /__ping__
{HOW[kind]}{servers}
""")

    @property
    def url(self):
        return f"http://{network.address('lb')}:{PORT}"

    def start(self):
        self.launch("haproxy", "-db", "-q", "-f", self.file)
        wait_until(lambda: http_status(f"{self.url}/__ping__") == 200, "the balancer", 20, self.alive)
