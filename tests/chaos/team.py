"""Threads that do the same again and again from start() to stop(), which tells what broke in one of them."""

import threading
import traceback


class Team:
    def __init__(self, patience=120):
        self.ended, self.threads, self.failures, self.patience = threading.Event(), [], [], patience

    def hire(self, work, *arguments):
        self.threads.append(threading.Thread(target=self.guarded, args=(work, arguments), daemon=True))

    def guarded(self, work, arguments):
        try:
            work(*arguments)
        except Exception:  # noqa: BLE001: told by stop(), in the thread of the test
            self.failures.append(f"{work.__name__}: {traceback.format_exc()}")

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(self.patience)
            assert not thread.is_alive(), f"{type(self).__name__}: what was begun does not end"
        assert not self.failures, "\n".join(self.failures)
