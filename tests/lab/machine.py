"""One process on one machine of the laboratory: started, killed, paused; recorded, so that it ends with the laboratory."""

import os
import signal
import subprocess

import network


class Process:
    def __init__(self, record, machine, name, log, environment=None):
        self.record, self.machine, self.name, self.log_path = record, machine, name, log
        self.environment = environment or dict(os.environ)
        self.process = None

    @property
    def address(self):
        return network.address(self.machine)

    @property
    def pid(self):
        return self.process.pid

    def launch(self, *command, environment=None, cwd="/"):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(network.inside(self.machine, *command), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=self.environment | (environment or {}), cwd=cwd,
                                            start_new_session=True)
        self.record.add_process(self.name, self.process.pid)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.process.wait(20)

    def stop(self, number=signal.SIGTERM, seconds=30):
        if self.alive():
            self.send(number)
        return self.process.wait(seconds)

    def pause(self):
        self.send(signal.SIGSTOP)

    def resume(self):
        self.send(signal.SIGCONT)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
