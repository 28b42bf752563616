"""Each fault once, one after the other, under load; then losses that are planted, which the same check must find."""

import os
import shutil

import pytest

import checker
import faults
import work_rules
from aftermath import jobs, views
from network import NoNamespaces
from run import Run, make_laboratory

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


def test_a_row_that_is_deleted_behind_the_servers_is_found(run):
    lost = acknowledged(run)
    run.lab.database.sql(f"DELETE FROM files WHERE filename = '{lost.what}'")
    forget(run.lab)
    problems = list(checker.check_final(run.history, views(run)))
    assert {(p.rule, p.what.split()[0]) for p in problems} == {("an acknowledged upload is lost", lost.what)}
