"""Each fault once, one after the other, under load; then losses that are planted, which the same check must find."""

import os
import shutil

import pytest

import access_rules
import build_rules
import checker
import faults
import fetch_rules
import mirror_rules
import work_rules
from aftermath import ahead, built, jobs, mirror, views
from crowd import Crowd
from history import History
from network import NoNamespaces
from roles import AHEAD, MIRROR, VAULT
from run import Run, make_laboratory
from services import wait_until

FAULTS, USUAL, SEED = len(faults.FAULTS), 1.5, 20


@pytest.fixture(scope="module")
def lab():
    try:
        with make_laboratory() as made:
            yield made
    except (NoNamespaces, FileNotFoundError) as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason), pytrace=False)
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def run(lab):
    return Run(lab, SEED).faults(FAULTS, USUAL, long=False)


def test_no_fault_loses_an_upload_or_fails_an_install(run):
    problems = run.problems()
    assert not problems, "\n".join(map(str, problems))


def forget(lab):
    """The nodes start again without what they kept of S3."""
    for node in lab.nodes.values():
        node.stop()
        shutil.rmtree(node.folder / "data/cache", ignore_errors=True)
    for node in lab.nodes.values():
        node.begin()
    for node in lab.nodes.values():
        node.wait()


def acknowledged(run):
    return next(event for event in reversed(run.history.of("upload")) if event.ok)


def test_a_file_that_is_deleted_behind_the_servers_is_found(run):
    lost = acknowledged(run)
    [stored] = [path for path in run.lab.store.files() if lost.details["sha256"] in path.name]
    kept = stored.with_name(stored.name + ".kept")
    stored.rename(kept)
    forget(run.lab)
    problems = list(checker.check_final(run.history, views(run)))
    kept.rename(stored)
    assert {(p.rule, p.what.split()[0]) for p in problems} == {("an acknowledged upload is lost", lost.what)}
    assert len(problems) == len(run.lab.nodes)


def test_a_job_that_is_deleted_behind_the_servers_is_found(run):
    lost = run.history.of("job")[-1].what
    run.lab.database.sql(f"DELETE FROM jobs WHERE id = {lost}")
    problems = list(work_rules.check_jobs(run.history, jobs(run, run.client("lb"))))
    assert [(p.rule, p.what.split()[0]) for p in problems] == [("a job is lost", lost)]


def test_a_synchronisation_that_failed_behind_the_servers_is_found(run):
    client = run.client("lb")
    number = run.history.of("sync")[-1].details["job"]
    run.lab.database.sql(f"UPDATE jobs SET state = 'failed' WHERE id = {number}")
    problems = mirror_rules.check(run.history, mirror(run, client, jobs(run, client)))
    run.lab.database.sql(f"UPDATE jobs SET state = 'succeeded' WHERE id = {number}")
    assert [(p.rule, p.what.split(":")[0]) for p in problems] == [("a synchronisation did not end well", str(number))]


def test_what_was_fetched_ahead_and_let_go_behind_the_servers_is_found(run):
    run.lab.nodes["a"].cli("evict", "--source", MIRROR, "--package", AHEAD[0])
    problems = fetch_rules.check(run.history, ahead(run, jobs(run, run.client("lb"))))
    assert {problem.rule for problem in problems} == {"what was fetched ahead is not held"}


def test_a_build_that_never_ended_behind_the_servers_is_found(run):
    client, database = run.client("lb"), run.lab.database
    commit = run.history.of("commit")[-1].details["commit"]
    database.sql(f"UPDATE git_builds SET state = 'waiting' WHERE commit_sha = '{commit}' AND state = 'succeeded'")
    problems = build_rules.check(run.history, built(run, client, jobs(run, client)))
    assert {problem.rule for problem in problems} <= {"a build did not end", "a build failed for good"} and problems


def test_a_vault_that_is_open_is_found(run):
    run.lab.nodes["a"].cli("edit", "repo", "--name", VAULT, "--authenticated=false")
    seen = History()
    crowd = Crowd(seen, run.address("lb"), run.upstream, run.tokens, run.crowd.wanted, SEED)
    crowd.threads = crowd.threads[-1:]  # who has no token, alone
    crowd.start()
    wait_until(lambda: len(seen.of("intrusion")) > 20, "requests without a token", 30)
    crowd.stop()
    run.lab.nodes["a"].cli("edit", "repo", "--name", VAULT, "--authenticated=true")
    assert {problem.rule for problem in access_rules.check(seen)} == {"content without a token"}


def test_a_row_that_is_deleted_behind_the_servers_is_found(run):
    lost = acknowledged(run)
    run.lab.database.sql(f"DELETE FROM files WHERE filename = '{lost.what}'")
    forget(run.lab)
    problems = list(checker.check_final(run.history, views(run)))
    assert {(p.rule, p.what.split()[0]) for p in problems} == {("an acknowledged upload is lost", lost.what)}
