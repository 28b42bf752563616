"""The checker finds what is planted in the history of somebody who has no token."""

import access_rules
from history import Event, History


def problems(status, **more):
    history = History()
    history.add(Event("fault", "kill", 0, 9, True))  # which excuses nothing
    history.add(Event("intrusion", "/vault/latest/simple/a/", 1, 2, status == 401, details={"status": status} | more))
    return [problem.rule for problem in access_rules.check(history)]


def test_401_is_right():
    assert problems(401, bytes=90) == []


def test_any_other_answer_is_found():
    for status in (200, 206, 302, 304, 403, 404, 500):
        assert problems(status, bytes=9) == ["content without a token"], status


def test_no_answer_within_the_attempts_of_pip_is_found():
    assert problems(0) == ["who has no token was told nothing"]
