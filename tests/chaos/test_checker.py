"""The checker finds what is planted in a history."""

import checker
from checker import Final
from history import Event, History
from work_rules import Done

RIGHT = ("right", "abc")
COLLECTED = {"id": 1, "kind": "collect", "state": "succeeded", "created": "1970-01-01T00:01:01Z", "finished": "1970-01-01T00:01:02Z"}


def seen(what, client="pip", **more):
    return {"seen": what, "client": client, "once": client in ("R", "pip --retries 0")} | more


def a_history():
    history = History()
    history.add(Event("upload", "a.whl", 10, 11, True, 1, details={"source": "python", "project": "a", "sha256": "abc"}))
    history.add(Event("upload", "b.whl", 20, 21, False, 6, "503", {"source": "python", "project": "b", "sha256": "abc"}))
    history.add(Event("install", "a.whl", 13, 13.1, True, 1, details=seen("right", sha256="abc")))
    history.add(Event("fault", "kill", 19, 22, True, details={"recovered": 0.5}))
    return history


def problems(history=None, views=None, pages=None, made=1, repeats=True):
    views = views or {"a": {"a.whl": RIGHT, "b.whl": ("missing", "")}, "b": {"a.whl": RIGHT, "b.whl": ("missing", "")}}
    final = Final(views, pages or {}, sources={"python": (1, 1), "r": (made, 1)}, repeats=repeats, work=Done([COLLECTED], since=0, until=81, read=90))
    return [problem.rule for problem in checker.judge(history or a_history(), final)]


def test_a_history_without_faults_of_the_server_has_no_problems():
    assert problems() == []


def test_a_lost_upload_is_found_on_the_node_that_lost_it():
    views = {"a": {"a.whl": RIGHT, "b.whl": ("missing", "")}, "b": {"a.whl": ("stale", ""), "b.whl": ("missing", "")}}
    assert problems(views=views) == ["an acknowledged upload is lost", "the nodes differ"]


def test_wrong_bytes_are_found():
    views = {"a": {"a.whl": ("right", "other"), "b.whl": ("missing", "")}}
    assert problems(views=views) == ["other bytes than were uploaded"]


def test_what_was_not_acknowledged_may_be_there_whole_but_not_half():
    assert problems(views={"a": {"a.whl": RIGHT, "b.whl": RIGHT}}) == []
    assert problems(views={"a": {"a.whl": RIGHT, "b.whl": ("half", "404")}}) == ["half visible"]


def test_an_install_that_failed_is_found_also_during_a_fault():
    for client, attempts, why in (("pip", 6, "503"), ("uv", 4, "503"), ("R", 1, "503"), ("R", 1, "OSError")):
        history = a_history()
        history.add(Event("install", "a.whl", 20, 21, False, attempts, why, seen("failed", client)))
        assert problems(history) == ["an install failed"], (client, why)


def test_behind_a_balancer_that_repeats_nothing_who_asks_once_may_fail_in_a_fault_alone():
    for client, begin, expected in (("R", 20, []), ("R", 40, ["an install failed"]), ("pip", 20, ["an install failed"])):
        history = a_history()
        history.add(Event("install", "a.whl", begin, begin + 1, False, 1, "502", seen("failed", client)))
        assert problems(history, repeats=False) == expected, (client, begin)


def test_an_install_of_other_bytes_than_were_uploaded_is_found():
    history = a_history()
    history.add(Event("install", "a.whl", 20, 21, True, 1, "", seen("right", sha256="other")))
    assert problems(history) == ["other bytes than were uploaded"]


def test_a_page_that_lists_what_cannot_be_had_is_found():
    history = a_history()
    history.add(Event("install", "a.whl", 20, 21, False, 1, "404", seen("half", "uv")))
    assert problems(history) == ["half visible"]


def test_an_old_page_is_right_during_a_fault_and_wrong_long_after():
    for begin, expected in ((11.5, []), (15, ["not visible"]), (20, []), (23.9, []), (30, ["not visible"])):
        history = a_history()
        history.add(Event("install", "a.whl", begin, begin + 0.1, False, 1, details=seen("missing")))
        assert problems(history) == expected, begin


def test_an_upload_that_fails_without_a_fault_is_found():
    history = a_history()
    history.add(Event("upload", "a.whl", 40, 41, False, 6, "503", {"source": "python", "project": "a", "sha256": "abc"}))
    assert problems(history) == ["an upload failed without a fault"]


def test_an_upload_that_waits_for_a_node_that_hangs_is_found():
    history = a_history()
    history.of("upload")[0].end += 20
    assert problems(history) == ["an upload was held up"]
    assert problems(history, repeats=False) == []
    history.of("upload")[0].end += 30
    assert problems(history, repeats=False) == ["an upload was held up"]


def test_an_upload_whose_attempts_were_struck_by_one_fault_after_the_other_may_take_longer():
    for took, expected in ((19, []), (21, ["an upload was held up"])):
        history = a_history()
        history.add(Event("fault", "cut", 24, 28, True, details={"recovered": 0.5}))
        history.add(Event("upload", "a.whl", 20, 20 + took, True, 6, "", {"source": "python", "project": "a", "sha256": "abc"}))
        assert problems(history) == expected


def test_a_numbered_snapshot_that_changes_is_found():
    assert problems(pages={"/r/7/simple/": [b"1", b"1"], "/r/8/simple/": [b"1", b"2"]}) == ["a snapshot changed"]


def test_an_upload_that_made_two_transactions_is_found():
    assert problems(made=2) == ["an upload was done twice"]


def test_a_slow_recovery_is_found():
    for recovered in (None, 100.0):
        history = a_history()
        history.add(Event("fault", "cut", 50, 52, True, details={"recovered": recovered}))
        assert problems(history) == ["slow recovery"]


def test_a_run_that_did_nothing_is_no_success():
    assert {problem.rule for problem in checker.check(History(), Final({}))} == {"nothing was tested"}
