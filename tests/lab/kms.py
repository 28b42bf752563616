"""The key service of the laboratory: moto, which keeps its keys in memory, so that they end with it."""

import network
import services
from machine import Process
from services import wait_until

PORT = 5000


class Kms(services.Keys):
    """On the machine kms. What the nodes use is `key`."""

    port, key = PORT, "alias/granary"

    def __init__(self, record, folder):
        self.host = network.address("kms")
        self.program = services.moto()
        self.server = Process(record, "kms", "moto", folder / "kms.log")

    @property
    def endpoint(self):
        return f"http://{self.host}:{self.port}"

    def start(self):
        self.server.launch(self.program, "-H", self.host, "-p", self.port)
        wait_until(lambda: services.accepts(self.port, self.host), "the key service", 60, self.server.alive)
        self.create_key(self.key)
