"""A run that did none of a kind of work is no success."""

import tested
from history import Event, History
from roles import INSTALLERS, MIRROR, SOURCES


def events():
    installs = [{"client": one.name} | ({"cold": cold} if one.repository == MIRROR else {}) for one in INSTALLERS for cold in (True, False)]
    return [*(("install", details) for details in installs), *(("upload", {"source": source}) for source in SOURCES),
            *((kind, {}) for kind in ("job", "sync", "fetch", "commit", "look", "look at a node", "intrusion"))]


def a_run(begin=11, ok=True, spoil=lambda kind, details: False):
    """With a fault from 10 to 20 s; what is to be spoiled did not go well, or happened at another time."""
    history = History()
    history.add(Event("fault", "kill", 10, 20, True))
    for kind, details in events():
        spoiled = spoil(kind, details)
        history.add(Event(kind, "", begin if spoiled else 11, (begin if spoiled else 11) + 1, ok if spoiled else True, details=details))
    return history


def problems(history):
    return [str(problem) for problem in tested.check(history)]


def test_a_run_that_did_all_is_right():
    assert problems(a_run()) == []


def test_each_kind_of_which_none_went_well_is_found():
    for kind in tested.KINDS:
        def of_kind(event, details, kind=kind):
            return event == kind.event and kind.belongs(details)
        assert f"nothing was tested: no {kind.name} went well" in problems(a_run(ok=False, spoil=of_kind)), kind.name
        assert f"nothing was tested: no {kind.name} went well during a fault" in problems(a_run(begin=30, spoil=of_kind)), kind.name


def test_a_run_without_faults_tested_none():
    history = a_run()
    history.events = [event for event in history.events if event.kind != "fault"]
    assert problems(history) == ["nothing was tested: no fault was done"]


def test_every_kind_is_named_in_the_end_of_an_empty_run():
    assert len(problems(History())) == len(tested.KINDS) + 1
