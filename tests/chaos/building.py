"""Commits to a repository of git, from which a builder makes a package of R: one version each. Every other one is ordered to be
built, the rest the nodes find by looking."""

import time

import installs
from git_server import GitHttp, Repository, r_files
from history import Event, now
from http_client import Failed
from roles import BUILT
from team import Team

PACKAGE = "grown"
PAUSES = (4.0, 10.0)  # seconds between a version that is published and the next commit
# After that the next commit comes, whether there is a version of this one or not. The first pause of the queue is half a minute.
LONGEST_BUILD = 60.0
LONGEST_SETTLING = 180.0
# What R CMD build runs: so a build takes long enough to be struck, and no processor.
CLEANUP = "#!/bin/sh\nsleep 3\n"


def content(version):
    """What is in the package of that version, and in no other."""
    return f"{version} of {BUILT}"


class Building(Team):
    """`folder`: where the repository is made; `host`: the address at which the nodes reach it."""

    def __init__(self, history, admin, folder, host, chance):
        super().__init__(4 * LONGEST_BUILD)
        self.history, self.admin, self.chance, self.count = history, admin, chance, 0
        self.repository = Repository(folder / PACKAGE)
        self.web = GitHttp(folder, host=host)
        self.url, self.pending = self.web.url(self.repository), None
        self.pushed()
        cleanup = self.repository.path / "cleanup"  # of the next commit on: nobody strikes the first
        cleanup.write_text(CLEANUP)
        cleanup.chmod(0o755)
        self.hire(self.commit)

    def pushed(self):
        """The next version: what there is of it, and the commit."""
        self.count += 1
        version = f"1.{self.count}"
        return version, self.repository.commit(r_files(PACKAGE, version, content(version)))

    def commit(self):
        while not self.ended.wait(self.chance.uniform(*PAUSES)):
            begin = now()
            version, sha = self.pushed()
            event = Event("commit", version, begin, attempts=1, details={"commit": sha, "jobs": []})
            if self.count % 2 == 0:
                self.order(event)
            while now() - begin < LONGEST_BUILD and not self.ended.is_set() and not self.seen(event):
                self.ended.wait(0.3)
            if self.ended.is_set() and not event.ok:
                self.pending = event
                return
            self.done(event)

    def done(self, event):
        event.end = event.end if event.ok else now()
        self.history.add(event)

    def order(self, event):
        """To look at the repository now. That it was not accepted is no trouble: a look comes by itself."""
        try:
            job = self.admin.ask(self.admin.client(), "POST", f"/__api__/sources/{BUILT}/git-builders/{PACKAGE}/run", {})
            event.details["jobs"].append(job["id"])
        except Failed as error:
            event.why = str(error)

    def seen(self, event):
        """Whether the version can be installed; its end and its hash are known from then on."""
        try:
            seen, sha256 = installs.of_r(self.admin.client(patience="once"), BUILT, PACKAGE, f"{PACKAGE}_{event.what}.tar.gz")
        except Failed:
            return False
        if seen == "right":
            event.ok, event.end, event.details["sha256"] = True, now(), sha256
            event.attempts = self.attempts(event)
        return event.ok

    def attempts(self, event):
        """Of the job that built it, as far as somebody says so."""
        try:
            client = self.admin.client()
            builds = self.admin.ask(client, "GET", f"/__api__/git-builds?source={BUILT}&_limit=10")
            job = next((build["job"] for build in builds if build["commit"] == event.details["commit"]), None)
            return self.admin.ask(client, "GET", f"/__api__/jobs/{job}?brief=true")["attempt"] if job else 1
        except Failed:
            return 1

    def settle(self):
        """After the faults what is not built yet is ordered, which ends pauses, and once more if that failed."""
        event = self.pending
        while event and now() - event.begin < LONGEST_SETTLING and not event.ok:
            self.order(event)
            begin = now()
            while now() - begin < LONGEST_BUILD / 2 and not self.seen(event):
                time.sleep(0.3)
        if event:
            self.done(event)
        self.web.close()
