"""The checker finds what is planted in the history of packages that are built from git."""

import build_rules
from build_rules import Built
from history import Event, History


def sha(number):
    return f"{number}" * 40


def commit(number, begin, ok=True, job=None, took=3):
    details = {"commit": sha(number), "jobs": [job] if job else []} | ({"sha256": f"bytes of {number}"} if ok else {})
    return Event("commit", f"1.{number}", begin, begin + took, ok, details=details)


def job(number, state="succeeded", attempt=1):
    return {"id": number, "kind": "build", "state": state, "attempt": attempt, "max_attempts": 5, "error": "" if state == "succeeded" else "no room"}


def build(number, of, by, state="succeeded", error=""):
    return {"id": number, "commit": sha(of), "job": by, "state": state, "error": error}


def add(number, of, kind="add"):
    return {"id": number, "kind": kind, "comment": f"built by grown from {sha(of)[:12]} (HEAD)"}


def a_run():
    """Four commits after the first: the second while a fault lasts, so that the third overtakes it."""
    history = History()
    for event in (commit(2, 10, job=102), Event("fault", "kill", 20, 30, True, details={"recovered": 0.5}), commit(3, 22, False),
                  commit(4, 40), commit(5, 60, job=105)):
        history.add(event)
    builds = [build(1, 1, 101), build(2, 2, 102), build(3, 3, 103, "failed", "given up for commit 444444444444"), build(4, 4, 103), build(5, 5, 105)]
    views = {node: {f"1.{number}": ("right", f"bytes of {number}") for number in (2, 4, 5)} for node in "ab"}
    return history, Built(builds, [job(number) for number in (101, 102, 103, 105)], [add(1, 1), add(2, 2), add(3, 4), add(4, 5)], views)


def problems(history, built):
    return [problem.rule for problem in build_rules.check(history, built)]


def changed(rows, number, **changes):
    return [row | changes if row["id"] == number else row for row in rows]


def test_a_commit_that_a_later_one_overtook_in_a_fault_is_right():
    assert problems(*a_run()) == []


def test_a_commit_that_is_not_published_is_found():
    for number in (2, 4):  # seen, the last one
        history, built = a_run()
        del built.transactions[number - 1]
        assert problems(history, built) == ["a commit is lost"], number
    history, built = a_run()
    del built.transactions[3]
    history.of("commit")[-1].ok = False
    assert problems(history, built) == ["a commit is lost"]


def test_a_commit_that_was_overtaken_without_a_fault_is_found():
    for begin, expected in ((17, []), (31.9, []), (32.1, ["a commit is lost"]), (16.9, ["a commit is lost"])):
        history, built = a_run()
        history.of("commit")[1].begin, history.of("commit")[1].end = begin, begin + 3
        assert problems(history, built) == expected, begin


def test_a_job_that_was_accepted_and_is_not_there_is_found():
    history, built = a_run()
    built.jobs = [row for row in built.jobs if row["id"] != 105]
    assert problems(history, built) == ["a job is lost"]


def test_a_commit_that_is_published_twice_is_found_and_a_version_that_was_replaced():
    history, built = a_run()
    built.transactions.append(add(5, 5))
    assert problems(history, built) == ["a commit was published twice"]
    history, built = a_run()
    built.transactions[3] = add(4, 5, "replace")
    assert problems(history, built) == ["a version was replaced"]


def test_a_commit_that_was_built_twice_is_found():
    history, built = a_run()
    built.builds.append(build(6, 5, 105))
    assert problems(history, built) == ["a commit was built twice"]


def test_a_build_or_a_job_that_did_not_end_is_found():
    for state in ("waiting", "building"):
        history, built = a_run()
        built.builds = changed(built.builds, 5, state=state)
        assert problems(history, built) == ["a build did not end"], state
    for state in ("waiting", "running"):
        history, built = a_run()
        built.jobs = changed(built.jobs, 105, state=state)
        assert problems(history, built) == ["a build did not end"], state


def test_a_build_that_failed_for_good_is_found_unless_faults_used_up_its_attempts():
    for attempt, begin, expected in ((4, 22, []), (5, 22, []), (3, 22, ["a build failed for good"]), (1, 22, ["a build failed for good"]),
                                     (5, 60, ["a build failed for good"])):
        history, built = a_run()
        history.of("commit")[3].begin, history.of("commit")[3].end = begin, begin + 3
        built.jobs = changed(built.jobs, 105, attempt=attempt, state="failed")
        built.builds = [*changed(built.builds, 5, state="failed", error="no room"), build(6, 5, 102)]  # ordered again
        assert problems(history, built) == expected, (attempt, begin)


def test_a_build_that_was_overtaken_by_nothing_is_found():
    history, built = a_run()
    built.builds = changed(built.builds, 5, state="failed", error="given up for commit 666666666666")
    assert problems(history, built) == ["a build failed for good"]


def test_a_build_that_took_long_is_found_but_for_faults():
    for begin, expected in ((-40, ["a build was held up without a fault"]), (-20, [])):
        history, built = a_run()
        history.of("commit")[0].begin, history.of("commit")[0].end = begin, begin + 41
        assert problems(history, built) == expected, begin


def test_a_version_that_is_lost_or_changed_on_a_node_is_found():
    for seen, expected in ((("half", "404"), "a version that was built is lost"), (("right", "others"), "a version has other bytes than before")):
        history, built = a_run()
        built.views["b"]["1.4"] = seen
        assert problems(history, built) == [expected]


def test_nodes_that_show_two_contents_of_what_nobody_saw_before_are_found():
    history, built = a_run()
    for node in "ab":
        built.views[node]["1.3"] = ("right", f"of node {node}")
    assert problems(history, built) == ["a version has other bytes than before"]
