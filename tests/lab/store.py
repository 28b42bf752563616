"""The S3 server of the laboratory, over a folder, and the small proxy in front of it that can fail."""

import json
import pathlib
import sys

import network
import services
from machine import Process
from services import wait_until

PORT, FAULTY_PORT = 9000, 9001


class Store(services.S3):
    """versitygw on the machine s3. Its bucket is `bucket_name`."""

    bucket_name = "packages"

    def __init__(self, record, folder, faulty):
        self.record, self.folder, self.host, self.port = record, folder / "s3", network.address("s3"), PORT
        self.program = services.versitygw()
        self.server = Process(record, "s3", "versitygw", folder / "s3.log")
        self.proxy = FaultProxy(record, folder) if faulty else None
        for name in ("data", "sidecar"):
            (self.folder / name).mkdir(parents=True)

    def launch(self):
        self.server.launch(*self.command())
        wait_until(lambda: services.accepts(self.port, self.host), "the S3 server", 20, self.server.alive)

    def start(self):
        self.launch()
        status, answer = self.request("PUT", f"/{self.bucket_name}")
        assert status == 200, f"cannot make the bucket: {answer}"
        if self.proxy:
            self.proxy.start()

    @property
    def endpoint(self):
        """What the nodes are told: the proxy, when there is one."""
        return f"http://{self.host}:{FAULTY_PORT if self.proxy else self.port}"

    def files(self):
        """The objects below the prefix of the nodes, as files of the server's folder."""
        return [p for p in (self.folder / "data" / self.bucket_name).rglob("*") if p.is_file()]


class FaultProxy(Process):
    def __init__(self, record, folder):
        super().__init__(record, "s3", "fault proxy", folder / "fault-proxy.log")
        self.orders = folder / "fault-proxy.json"

    def start(self):
        self.order("none")
        self.launch(sys.executable, pathlib.Path(__file__).with_name("fault_proxy.py"), self.address, FAULTY_PORT, PORT, self.orders)
        wait_until(lambda: services.accepts(FAULTY_PORT, self.address), "the fault proxy", 20, self.alive)

    def order(self, fault):
        """"none", "unavailable", "slow", "half": for every request from now on."""
        temporary = self.orders.with_suffix(".new")
        temporary.write_text(json.dumps(fault))
        temporary.replace(self.orders)
