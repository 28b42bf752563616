"""The checker's rules for packages that are built from git. Pure: see test_build_rules.py."""

import collections
import re
from dataclasses import dataclass, field

from problem import STALE_AFTER_FAULT, Problem, near_fault
from work_rules import OVER

# What the builder says of a commit that was overtaken by a later one.
OVERTAKEN = ("given up for commit", "a newer commit was built")
# Without a fault: a look, a build, and what a slow machine makes of it.
LONGEST_WITHOUT_FAULT = 40.0


@dataclass
class Built:
    """In the end."""

    builds: list = field(default_factory=list)  # all rows, as the API shows them
    jobs: list = field(default_factory=list)  # of the kind build, whoever ordered them
    transactions: list = field(default_factory=list)  # of the source
    views: dict = field(default_factory=dict)  # by node, by version: (what an installer sees of it, digest)


def commit_of(transaction):
    """The beginning of the commit that it publishes."""
    found = re.search(r" from ([0-9a-f]+)", transaction["comment"])
    return found[1] if found else ""


def published(event, transactions):
    return [one for one in transactions if (sha := commit_of(one)) and event.details["commit"].startswith(sha)]


def check_commits(history, built):
    """One that was pushed is published, once, unless a later one came while a fault kept it from that. What was seen of it
    stays."""
    events, faults = history.of("commit"), history.of("fault")
    jobs = {job["id"] for job in built.jobs}
    for place, event in enumerate(events, 1):
        times = len(published(event, built.transactions))
        struck = near_fault(event, faults, STALE_AFTER_FAULT)
        for number in set(event.details["jobs"]) - jobs:
            yield Problem("a job is lost", f"{number}, the build of {event.what} at {event.begin:.1f}")
        if times > 1:
            yield Problem("a commit was published twice", f"{event.what}: {times} transactions")
        elif times == 0 and (event.ok or place == len(events) or not struck):
            yield Problem("a commit is lost", f"{event.what} of {event.begin:.1f}, pushed and not published")
        if not struck and event.end - event.begin > LONGEST_WITHOUT_FAULT:
            yield Problem("a build was held up without a fault", f"{event.what} at {event.begin:.1f}: {event.end - event.begin:.0f} s")
    for one in built.transactions:
        if one["kind"] != "add":
            yield Problem("a version was replaced", f"transaction {one['id']}: {one['kind']}, {one['comment']}")


def check_builds(history, built):
    """Each ends: well, or overtaken, or with all of its attempts used up by faults. One commit goes well once."""
    events = {event.details["commit"]: event for event in history.of("commit")}
    faults, jobs, well = history.of("fault"), {job["id"]: job for job in built.jobs}, collections.Counter()
    newest = max((build["id"] for build in built.builds), default=0)
    for build in built.builds:
        event, job = events.get(build["commit"]), jobs.get(build["job"])
        about = f"{build['id']}, of {event.what if event else build['commit']}: {build['state']}, {build['error']}"
        if build["state"] == "succeeded":
            well[build["commit"]] += 1
        elif build["state"] != "failed":
            yield Problem("a build did not end", about)
        elif not (build["error"].startswith(OVERTAKEN) and build["id"] < newest) and not worn_out(job, event, faults):
            yield Problem("a build failed for good", about)
    for commit, times in well.items():
        if times > 1:
            yield Problem("a commit was built twice", f"{events[commit].what if commit in events else commit}: {times} times")
    for job in built.jobs:
        if job["state"] not in OVER:
            yield Problem("a build did not end", f"job {job['id']}: {job['state']}, attempt {job['attempt']}, {job['error']}")


def worn_out(job, event, faults):
    """Its attempts are used up, but for the one that is kept for a node that dies, and a fault was there. Nobody pushes again for
    what a server could have tried again."""
    return job and event and job["attempt"] >= job["max_attempts"] - 1 and near_fault(event, faults, STALE_AFTER_FAULT)


def check_views(history, views):
    """Every version is there in the end, on every node, with the bytes of which it was seen first."""
    first = {event.what: event.details["sha256"] for event in history.of("commit") if event.ok}
    for node, versions in views.items():
        for version, (seen, digest) in versions.items():
            if seen != "right":
                yield Problem("a version that was built is lost", f"{version} on node {node}: {seen} {digest}")
            elif digest != first.setdefault(version, digest):
                yield Problem("a version has other bytes than before", f"{version} on node {node}")


def check(history, built):
    return [*check_commits(history, built), *check_builds(history, built), *check_views(history, built.views)]
