"""One server of Granary on a machine of the laboratory: its settings, its process, its command line."""

import json
import os
import pathlib
import subprocess

import services
from machine import Process
from server import BINARY, gcfg, plain_environment
from services import wait_until

PORT, METRICS_PORT = 4242, 2112


class Node(Process):
    """Its data is below `folder`; what is shared comes with `settings`."""

    port = PORT

    def __init__(self, record, machine, folder, settings, environment, address=None):
        super().__init__(record, machine, f"node {machine}", folder / f"{machine}.log",
                         plain_environment() | {"HOME": str(folder)} | environment)
        self.folder, self.config = folder / machine, folder / f"{machine}.gcfg"
        self.folder.mkdir()
        self.clock, self.binary = None, BINARY
        listen = self.address
        self.settings = {"Server": {"DataDir": self.folder / "data", "Address": address, "NodeName": machine},
                         "HTTP": {"Listen": f"{listen}:{PORT}"}, "Metrics": {"Listen": f"{listen}:{METRICS_PORT}"},
                         "Logging": {"SystemLogLevel": "warn"}}
        for section, keys in settings.items():
            self.settings.setdefault(section, {}).update(keys)
        self.config.write_text(gcfg(self.settings))

    @property
    def url(self):
        return f"http://{self.address}:{PORT}"

    def begin(self, environment=None):
        """Starts it without waiting."""
        self.launch(self.binary, "serve", "-c", self.config, cwd=self.folder, environment=self.own_time() | (environment or {}))

    def start(self, environment=None, seconds=60):
        self.begin(environment)
        self.wait(seconds)

    def wait(self, seconds=60):
        try:
            wait_until(self.answers, f"node {self.machine}", seconds, self.alive)
        except Exception as error:
            raise RuntimeError(f"{error}\n{self.log()[-3000:]}") from error

    def answers(self):
        return services.http_status(self.url + "/__ping__") == 200

    def cli(self, *arguments):
        """Over its unix socket."""
        done = subprocess.run([self.binary, *map(str, arguments), "-c", self.config], capture_output=True, text=True, cwd=self.folder,
                              env=self.environment, timeout=120)
        if done.returncode:
            raise RuntimeError(f"granary {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")
        return done.stdout

    def cli_json(self, *arguments):
        return json.loads(self.cli(*arguments, "-o", "json"))

    def fill_disk(self):
        """Takes what is left of its disk."""
        with open(self.folder / "ballast", "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"\0" * (1 << 20))
            except OSError:
                pass

    def free_disk(self):
        (self.folder / "ballast").unlink(missing_ok=True)

    def have_a_clock(self):
        """Its wall clock can be stepped while it runs; not the one that measures how long something takes, which no step
        of a clock touches."""
        self.clock = self.folder.with_suffix(".clock")
        self.step_clock("+0")

    def step_clock(self, offset):
        """"+2h", "-5m": from the machine's time, within a second."""
        new = self.clock.with_suffix(".new")
        new.write_text(offset + "\n")
        new.replace(self.clock)

    def own_time(self):
        if not self.clock:
            return {}
        # The library: the program of that name would stand between a node and its signals.
        library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        if not library:
            raise FileNotFoundError("libfaketime is not installed: apt-get install faketime")
        return {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def mount_disk(self, megabytes):
        """A disk of its own, in memory, of that size."""
        self.record.add("mounts", str(self.folder))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "granary-lab", self.folder], check=True)

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))

    def cpu_seconds(self):
        return cpu_seconds(self.pid)


def cpu_seconds(pid):
    """User and system time of a process and of all that it has started, ended ones included."""
    tick, total, pending = os.sysconf("SC_CLK_TCK"), 0, [pid]
    while pending:
        current = pending.pop()
        try:
            with open(f"/proc/{current}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            total += sum(int(fields[i]) for i in (11, 12, 13, 14))
            for task in os.listdir(f"/proc/{current}/task"):
                with open(f"/proc/{current}/task/{task}/children") as children:
                    pending += map(int, children.read().split())
        except OSError:
            continue
    return total / tick
