"""The checker finds what is planted in the history of a mirror."""

import mirror_rules
from history import Event, History
from mirror_rules import Mirror


def sync(step, begin, ok=True, number=None, why=""):
    return Event("sync", str(step), begin, begin + 1, ok, 1, why, {"job": number or 100 + step})


def look(begin, *versions, status=200):
    return Event("look", "/PACKAGES", begin, begin + 0.1, status == 200, details={"status": status, "versions": list(versions)})


def look_at(node, begin, *versions):
    return Event("look at a node", node, begin, begin + 0.1, True, details={"versions": list(versions)})


def job(number, state="succeeded", attempt=1):
    return {"id": number, "kind": "sync", "state": state, "attempt": attempt, "error": "" if state == "succeeded" else "503"}


def a_run(*more):
    """Three steps, of which the second fails in the fault, and the third is made after it."""
    history = History()
    for event in (sync(2, 10), Event("fault", "kill", 20, 25, True, details={"recovered": 0.5}), sync(3, 22, False, why="503"), sync(4, 40),
                  look(12.5, "2.0"), look(42.5, "4.0"), look_at("a", 12, "2.0"), look_at("b", 11, "1.0"), look_at("b", 42, "4.0"), *more):
        history.add(event)
    return history, Mirror({7: ["1.0"], 9: ["2.0"], 12: ["4.0"]}, {"a": ["4.0"], "b": ["4.0"]}, [job(1), job(102), job(103, attempt=3), job(104)])


def problems(history, mirror):
    return [problem.rule for problem in mirror_rules.check(history, mirror)]


def test_a_synchronisation_that_a_fault_made_fail_and_that_was_tried_again_is_right():
    assert problems(*a_run()) == []


def test_a_synchronisation_that_failed_without_a_fault_is_found():
    for begin, expected in ((17, []), (19, []), (26.9, []), (27.5, ["a synchronisation failed without a fault"]),
                            (8, ["a synchronisation failed without a fault"])):
        history, mirror = a_run()
        history.of("sync")[1].begin, history.of("sync")[1].end = begin, begin + 3
        assert problems(history, mirror) == expected, begin


def test_a_synchronisation_that_did_not_succeed_in_the_end_is_found_whoever_ordered_it():
    for number in (1, 103):
        for state in ("waiting", "running", "failed", "cancelled"):
            history, mirror = a_run()
            mirror.jobs = [row if row["id"] != number else job(number, state) for row in mirror.jobs]
            assert problems(history, mirror) == ["a synchronisation did not end well"], (number, state)


def test_a_last_synchronisation_that_failed_is_found_also_in_a_fault():
    history, mirror = a_run(Event("fault", "kill", 60, 65, True, details={"recovered": 0.5}), sync(5, 61, False, 104, "502"))
    assert problems(history, mirror) == ["a synchronisation did not end well"]


def test_a_synchronisation_that_was_accepted_and_is_not_there_is_found():
    history, mirror = a_run()
    mirror.jobs = [row for row in mirror.jobs if row["id"] != 103]
    assert problems(history, mirror) == ["a job is lost"]


def test_one_that_was_never_accepted_is_no_lost_job():
    history, mirror = a_run()
    mirror.jobs = [row for row in mirror.jobs if row["id"] != 103]
    history.of("sync")[1].details.clear()
    assert problems(history, mirror) == []


def test_a_page_with_half_a_step_is_found():
    for event, expected in ((look(4, "1.0", "2.0"), "half visible"), (look(4, status=404), "half visible"),
                            (look(4, status=0), "an install failed"), (look_at("a", 13, "2.0", "3.0"), "half visible"),
                            (look_at("a", 13), "half visible")):
        assert problems(*a_run(event)) == [expected]


def test_a_page_that_is_older_than_what_was_acknowledged_is_found_but_for_a_second_and_in_faults():
    for begin, expected in ((11.5, []), (12.5, ["not visible"]), (19.9, []), (24, []), (26, []), (30, ["not visible"])):
        assert problems(*a_run(look(begin, "1.0"))) == expected, begin
    assert problems(*a_run(look(30, "3.0"))) == []  # done, and never acknowledged


def test_a_node_that_shows_an_older_step_than_before_is_found_also_in_a_fault():
    history, mirror = a_run(look_at("b", 43, "2.0"))
    assert problems(history, mirror) == ["the mirror went backward"]
    history, mirror = a_run(Event("fault", "kill", 42, 45, True, details={"recovered": 0.5}), look_at("b", 43, "2.0"))
    assert problems(history, mirror) == ["the mirror went backward"]


def test_nodes_that_differ_for_a_moment_are_right():
    assert problems(*a_run(look_at("a", 43, "3.0"))) == []


def test_a_step_in_two_transactions_in_half_of_one_or_after_a_later_one_is_found():
    for steps, expected in (({7: ["2.0"], 8: ["2.0"]}, "a step was done twice"), ({7: ["1.0", "2.0"]}, "half visible"), ({7: []}, "half visible"),
                            ({7: ["2.0"], 8: ["1.0"]}, "the mirror went backward")):
        history, mirror = a_run()
        mirror.steps = steps
        assert problems(history, mirror) == [expected]


def test_an_acknowledged_step_that_a_node_does_not_show_in_the_end_is_found():
    for versions in (["3.0"], [], ["4.0", "3.0"]):
        history, mirror = a_run()
        mirror.latest["b"] = versions
        assert problems(history, mirror) == ["an acknowledged step is lost"]
