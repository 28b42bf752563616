"""The checker finds what is planted in the history of files that are fetched ahead."""

import fetch_rules
from fetch_rules import Ahead
from history import Event, History

FILES = {step: [f"{name}_{step}.0.tar.gz" for name in ("one", "two")] for step in (1, 2, 3, 4)}


def fetch(step, begin, number, ok=True, why=""):
    return Event("fetch", str(step), begin, begin + 1, ok, 1, why, {"job": number})


def job(number, state="succeeded", attempt=1):
    return {"id": number, "kind": "fetch", "state": state, "attempt": attempt, "error": "" if state == "succeeded" else "disk full"}


def a_run(*more):
    """Of four steps the first is fetched, and the third, which a fault first kept from it; by then it is the fourth."""
    history = History()
    for event in (fetch(1, 10, 101), Event("fault", "kill", 20, 25, True, details={"recovered": 0.5}), fetch(3, 22, 102, False, "503"),
                  fetch(3, 40, 103), *more):
        history.add(event)
    asked = {name: [at] for step, at in ((1, 10.5), (4, 40.5)) for name in FILES[step]} | {FILES[3][0]: [22.5]}
    views = {node: {name: "right" for step in (1, 4) for name in FILES[step]} for node in "ab"}
    return history, Ahead([job(101), job(102), job(103)], FILES, asked, views)


def problems(history, ahead):
    return [problem.rule for problem in fetch_rules.check(history, ahead)]


def test_a_fetch_that_a_fault_made_fail_and_that_was_asked_for_again_is_right():
    assert problems(*a_run()) == []


def test_a_fetch_that_failed_without_a_fault_is_found():
    for begin, expected in ((18.9, []), (19.1, []), (26.9, []), (27.1, ["a fetch failed without a fault"]), (18, ["a fetch failed without a fault"])):
        history, ahead = a_run()
        history.of("fetch")[1].begin, history.of("fetch")[1].end = begin, begin + 1.5
        assert problems(history, ahead) == expected, begin


def test_a_fetch_that_was_accepted_and_is_not_there_is_found():
    history, ahead = a_run()
    ahead.jobs = ahead.jobs[:2]
    assert problems(history, ahead) == ["a job is lost"]


def test_a_job_that_did_not_succeed_in_the_end_is_found_also_when_it_was_struck():
    for number in (101, 102):
        for state in ("waiting", "running", "failed", "cancelled"):
            history, ahead = a_run()
            ahead.jobs = [row if row["id"] != number else job(number, state) for row in ahead.jobs]
            assert problems(history, ahead) == ["a fetch did not end well"], (number, state)


def test_a_last_fetch_that_failed_is_found_also_in_a_fault():
    history, ahead = a_run(Event("fault", "kill", 60, 65, True, details={"recovered": 0.5}), fetch(4, 61, 104, False, "502"))
    ahead.jobs.append(job(104))
    assert problems(history, ahead) == ["a fetch did not end well"]


def test_what_a_fetch_says_to_hold_and_nobody_asked_upstream_for_is_found():
    history, ahead = a_run()
    del ahead.asked[FILES[4][1]]
    assert problems(history, ahead) == ["what was fetched ahead is not held"]


def test_what_was_fetched_of_an_older_step_than_was_acknowledged_is_found():
    history, ahead = a_run()
    history.of("fetch")[0].what = "2"
    assert problems(history, ahead) == ["what was fetched ahead is not held"]


def test_what_upstream_is_asked_for_again_is_found_but_for_a_second_and_in_faults():
    for at, expected in ((10.9, []), (11.9, []), (12.5, ["what was fetched ahead is not held"]), (24, []), (26.9, []),
                         (30, ["what was fetched ahead is not held"])):
        history, ahead = a_run()
        ahead.asked[FILES[1][0]].append(at)
        assert problems(history, ahead) == expected, at


def test_what_is_not_there_in_the_end_on_a_node_is_found():
    history, ahead = a_run()
    ahead.views["b"][FILES[1][0]] = "half"
    assert problems(history, ahead) == ["what was fetched ahead is not held"]
