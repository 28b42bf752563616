"""What processes use while a load runs: CPU time of trees of processes, and memory over time."""

import threading
import time

from node import cpu_seconds


class Watch:
    """with Watch({"node a": (pid, bytes), "postgres": (pid, None)}): `cpu` has seconds, `memory` a series of (seconds, bytes)."""

    def __init__(self, processes, interval=1.0):
        self.processes, self.interval = processes, interval
        self.cpu, self.memory = {}, {name: [] for name, (_, resident) in processes.items() if resident}
        self.stop = threading.Event()

    def __enter__(self):
        self.before = {name: cpu_seconds(pid) for name, (pid, _) in self.processes.items()}
        self.began = time.monotonic()
        self.thread = threading.Thread(target=self.sample, daemon=True)
        self.thread.start()
        return self

    def sample(self):
        while True:
            for name, series in self.memory.items():
                series.append((time.monotonic() - self.began, self.processes[name][1]()))
            if self.stop.wait(self.interval):
                return

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        self.cpu = {name: cpu_seconds(pid) - self.before[name] for name, (pid, _) in self.processes.items()}

    def halves(self, name):
        """Megabytes at the start, after half of the time and at the end: medians of a tenth of the samples each."""
        series = [size / 1e6 for _, size in self.memory[name]]
        tenth = max(1, len(series) // 10)
        middle = len(series) // 2

        def median(samples):
            return sorted(samples)[len(samples) // 2]

        return {"start_mb": series[0], "half_mb": median(series[middle - tenth // 2:middle - tenth // 2 + tenth]),
                "end_mb": median(series[-tenth:])}

    def growth(self, name):
        """Megabytes at a third of the time, at the end, and the most."""
        series = [size / 1e6 for _, size in self.memory[name]]
        return {"third_mb": series[len(series) // 3], "end_mb": series[-1], "most_mb": max(series)}
