"""What a laboratory has made on this machine, on disk from before it is made: so that it can be undone by another process,
also when the one that made it was killed."""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import network

RUN = pathlib.Path(f"/run/granary-lab{network.INSTANCE}")


def started(pid):
    """When a process began, in ticks: with its number, its name for ever. None when it is gone."""
    with contextlib.suppress(OSError):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else int(fields[19])
    return None


class Record:
    """Namespaces, links, mounts, processes and the folder of the laboratory; saved at each change."""

    def __init__(self, run=RUN):
        self.run = run
        self.path = run / "state.json"
        self.saving = threading.RLock()
        self.state = {"owner": None, "folder": None, "processes": [], "namespaces": [], "links": [], "mounts": [], "cgroups": [],
                      "about": {}}

    @contextlib.contextmanager
    def lock(self):
        """One process at a time starts or ends a laboratory."""
        self.run.mkdir(parents=True, exist_ok=True)
        with open(self.run / "lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RuntimeError("another process is starting or ending the laboratory: wait for it") from None
            yield

    def load(self):
        """False when nothing was left by anyone."""
        if not self.path.exists():
            return False
        self.state |= json.loads(self.path.read_text())
        return True

    def save(self):
        """By several threads at a time: services are started at once."""
        with self.saving:
            temporary = self.path.with_suffix(".new")
            temporary.write_text(json.dumps(self.state, indent=1) + "\n")
            temporary.replace(self.path)

    def own(self):
        self.state["owner"] = {"pid": os.getpid(), "started": started(os.getpid())}
        self.save()

    def disown(self):
        """The laboratory outlives this process."""
        self.state["owner"] = None
        self.save()

    def in_use(self):
        """True for one that was left running on purpose, or whose owner lives."""
        owner = self.state["owner"]
        return owner is None or started(owner["pid"]) == owner["started"]

    def add(self, kind, value):
        with self.saving:
            self.state[kind].append(value)
            self.save()

    def add_process(self, name, pid):
        with self.saving:
            self.state["processes"] = [p for p in self.state["processes"] if started(p["pid"]) == p["started"]]
            self.add("processes", {"name": name, "pid": pid, "started": started(pid)})

    def destroy(self):
        """Ends and removes all of it; what is gone already is no error."""
        pids = [p["pid"] for p in self.state["processes"] if started(p["pid"]) == p["started"] is not None]
        pids += [pid for name in self.state["namespaces"] for pid in pids_in(name) if pid not in pids]
        for number in (signal.SIGCONT, signal.SIGQUIT, signal.SIGKILL):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            end = time.monotonic() + (3 if number == signal.SIGQUIT else 0)
            while time.monotonic() < end and any(started(pid) is not None for pid in pids):
                reap()
                time.sleep(0.02)
        for name in self.state["namespaces"]:
            for pid in pids_in(name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            quiet("ip", "netns", "delete", name)
            # Its cable: the namespace itself lives on while connections wait for an answer, behind a cable that was pulled.
            quiet("ip", "link", "delete", name)
        for name in self.state["links"]:
            quiet("ip", "link", "delete", name)
        for path in self.state["cgroups"]:
            with contextlib.suppress(OSError):
                os.rmdir(path)
        for path in self.state["mounts"]:
            quiet("umount", "--lazy", path)
        if self.state["folder"]:
            shutil.rmtree(self.state["folder"], ignore_errors=True)
        self.path.unlink(missing_ok=True)


def reap():
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def pids_in(namespace):
    done = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
    return [int(pid) for pid in done.stdout.split()]


def quiet(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
