"""The whole installation on one machine: three nodes, PostgreSQL and its standby, S3, a key service, a balancer, each in a
network namespace of its own.

    with Laboratory() as lab:
        lab.nodes["a"].kill()

One on a machine at a time, of each number (network.INSTANCE). What a killed laboratory left is removed by the next."""

import atexit
import concurrent.futures
import os
import pathlib
import shutil
import signal
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "e2e")]

import network  # noqa: E402
import postgres  # noqa: E402
from balancer import REPEATS, Balancer  # noqa: E402
from kms import Kms  # noqa: E402
from node import Node  # noqa: E402
from record import Record  # noqa: E402
from server import BINARY  # noqa: E402
from store import Store  # noqa: E402

ZONES = ("a", "b", "c")


class Laboratory:
    """`faulty`: with the proxy that makes S3 fail. `disk_megabytes`: the nodes have disks of that size, in memory.
    `fsync`: of PostgreSQL; only a power cut makes a difference. `kms`: objects are encrypted by the nodes, with a key of
    the key service; LAB_KMS=1 in the environment says so for those who do not. `clocks`: those of the nodes can be stepped.
    `binary`: what the nodes run at first. `balancer`: its kind, see balancer.py."""

    def __init__(self, zones=ZONES, faulty=False, disk_megabytes=None, fsync=True, node_settings=None, kms=None, clocks=False,
                 binary=BINARY, balancer=REPEATS):
        network.check()
        if not BINARY.exists():
            raise FileNotFoundError(f"{BINARY} is not there: make release")
        self.zones, self.faulty, self.disk_megabytes, self.fsync = zones, faulty, disk_megabytes, fsync
        self.node_settings, self.clocks, self.binary, self.balancer_kind = node_settings or {}, clocks, binary, balancer
        self.with_kms = os.environ.get("LAB_KMS") == "1" if kms is None else kms
        self.record = Record()

    def start(self):
        with self.record.lock():
            if self.record.load():
                if self.record.in_use():
                    raise RuntimeError("a laboratory is running on this machine: make cluster-down ends it; GRANARY_LAB=1 makes another")
                self.record.destroy()
                self.record = Record()
            self.record.own()
        atexit.register(self.close)
        try:
            self.build()
        except BaseException:
            self.close()
            raise
        return self

    def build(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="granary-lab-", dir="/var/tmp"))
        folder.chmod(0o755)  # for the user postgres
        self.folder, self.record.state["folder"] = folder, str(folder)
        self.record.save()
        net = self.net = network.Network(self.record)
        for name in ("lb", "db1", "db2", "s3", *(["kms"] if self.with_kms else []), *self.zones):
            net.add(name)
        self.store = Store(self.record, folder, self.faulty)
        self.database = postgres.Pair(self.record, folder, self.fsync)
        self.kms = Kms(self.record, folder) if self.with_kms else None
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(service.start) for service in (self.store, self.database, self.kms) if service]:
                done.result()
        self.nodes = {zone: self.make_node(zone) for zone in self.zones}
        for node in self.nodes.values():
            node.begin()  # at once: each migrates the empty database
        for node in self.nodes.values():
            node.wait()
        self.balancer = Balancer(self.record, folder, self.nodes.values(), self.balancer_kind)
        self.balancer.start()
        self.record.state["about"] = {"url": self.balancer.url, "nodes": {z: n.url for z, n in self.nodes.items()},
                                      "s3": self.store.endpoint, "kms": self.kms and self.kms.endpoint}
        self.record.save()

    def make_node(self, zone):
        settings = {"Database": {"Provider": "postgres"}, "Postgres": {"URL": self.database.url},
                    "PostgresPool": {"MaxOpenConnections": 20, "MaxIdleConnections": 5},
                    "Storage": {"Default": "s3"},
                    "S3Storage": {"Bucket": self.store.bucket_name, "Endpoint": self.store.endpoint, "Region": self.store.region,
                                  "Prefix": "granary", "S3ForcePathStyle": "true"}} | self.node_settings
        if self.kms:
            settings["S3Storage"] = settings["S3Storage"] | {"KeyID": self.kms.key, "KMSEndpoint": self.kms.endpoint}
        node = Node(self.record, zone, self.folder, settings,
                    {"AWS_ACCESS_KEY_ID": self.store.access, "AWS_SECRET_ACCESS_KEY": self.store.secret},
                    f"http://{network.address('lb')}:4242")
        node.binary = self.binary
        if self.clocks:
            node.have_a_clock()
        if self.disk_megabytes:
            node.mount_disk(self.disk_megabytes)
        return node

    @property
    def url(self):
        return self.balancer.url

    def leave_running(self):
        """It stays when this process ends."""
        atexit.unregister(self.close)
        self.record.disown()

    def close(self):
        atexit.unregister(self.close)
        if os.environ.get("LAB_KEEP_LOGS"):
            kept = pathlib.Path(os.environ["LAB_KEEP_LOGS"])
            kept.mkdir(parents=True, exist_ok=True)
            for log in self.folder.glob("*.log"):
                shutil.copy(log, kept)
        self.record.destroy()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


def end():
    """Ends whatever laboratory there is on this machine. False when there is none."""
    record = Record()
    with record.lock():
        if not record.load():
            return False
        owner = record.state["owner"]
        if owner and record.in_use():
            raise RuntimeError(f"the laboratory belongs to process {owner['pid']}, which runs: end that one")
        record.destroy()
    return True


# So that the end of the process by a signal runs what atexit registered.
def exit_on_signals():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
