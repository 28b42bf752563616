"""The checker finds what is planted in the history of jobs and schedules."""

import datetime

import work_rules
from history import Event, History
from work_rules import Done

WALL = 1_700_000_000.0 - 1_700_000_000 % 60  # where the history's clock began, at a full minute


def at(second):
    return datetime.datetime.fromtimestamp(WALL + second, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def job(number, kind="verify", created=0, finished=5, state="succeeded", attempt=1, node="a", number_of_turn=None):
    return {"id": number, "kind": kind, "state": state, "attempt": attempt, "turn": number_of_turn or attempt, "max_attempts": 5, "node": node,
            "error": "", "created": at(created), "finished": at(finished) if finished else None}


def turn(of):
    return [of["state"], of["turn"], of["node"], of["finished"], of["attempt"]]


def a_run(jobs=None, seen=None):
    """A job that is seen to the end during 200 s with one fault, and a schedule that fires each minute."""
    jobs = jobs or [job(1, created=1, finished=5), *[job(2 + n, "collect", 60 * n + 2, 60 * n + 3) for n in (1, 2, 3)]]
    history = History()
    running = job(1, state="running", finished=None)
    history.add(Event("job", "1", 1, 6, True, details={"kind": "verify", "seen": seen or [turn(running), turn(jobs[0])]}))
    history.add(Event("fault", "kill", 50, 55, True, details={"recovered": 0.5}))
    return history, Done(jobs, since=WALL, until=WALL + 210, read=WALL + 400)


def problems(history, done):
    return [problem.rule for problem in work_rules.check(history, done)]


def replaced(number, **changes):
    history, done = a_run()
    done.jobs = [row | changes if row["id"] == number else row for row in done.jobs]
    return history, done


def test_a_run_without_faults_of_the_server_has_no_problems():
    assert problems(*a_run()) == []


def test_a_lost_job_is_found():
    history, done = a_run()
    done.jobs = done.jobs[1:]
    assert problems(history, done) == ["a job is lost"]


def test_a_job_that_failed_or_never_ended_is_found():
    for state in ("failed", "waiting"):
        row = job(1, state=state)
        assert problems(*a_run([row, *a_run()[1].jobs[1:]], seen=[turn(row)])) == ["a job did not end well"]


def test_a_job_may_use_up_its_attempts_in_faults_only():
    for begin, attempt, expected in ((49, 5, []), (49, 4, ["a job did not end well"]),
                                     (1, 5, ["a job did not end well", "a job failed without a fault"])):
        row = job(1, created=begin, finished=60, attempt=attempt, state="failed")
        history, done = a_run([row, *a_run()[1].jobs[1:]], seen=[turn(row)])
        [event] = history.of("job")
        event.begin, event.end = begin, begin + 10
        assert problems(history, done) == expected


def test_a_job_that_ran_again_after_its_end_is_found():
    end = job(1)
    for again in (job(1, state="running", finished=None, attempt=2, node="b"), job(1, finished=9)):
        assert "a job ran again after its end" in problems(*a_run(seen=[turn(end), turn(again), turn(end)]))


def test_an_end_that_changed_after_nobody_looked_any_more_is_found():
    history, done = replaced(1, finished=at(80), attempt=2, node="b")
    assert "a job ran again after its end" in problems(history, done)


def test_two_nodes_at_one_turn_are_found():
    seen = [turn(job(1, state="running", finished=None, node=node)) for node in "ab"]
    assert problems(*a_run(seen=seen)) == ["a job was run by two nodes at once"]


def test_a_turn_that_was_handed_back_is_right():
    row = job(1, created=1, finished=6, node="b", number_of_turn=2)
    assert problems(*a_run([row, *a_run()[1].jobs[1:]], seen=[turn(job(1, state="running", finished=None)), turn(row)])) == []


def test_turns_that_went_backwards_are_found():
    row = job(1, created=1, finished=6)
    seen = [turn(job(1, state="running", finished=None, number_of_turn=2)), turn(row)]
    assert problems(*a_run([row, *a_run()[1].jobs[1:]], seen=seen)) == ["a job's turns went backwards"]


def test_a_takeover_is_right_near_a_fault_and_wrong_without_one():
    for begin, expected in ((49, []), (1, ["a job failed without a fault"])):
        row = job(1, created=begin, finished=60, attempt=2, node="b")
        history, done = a_run([row, *a_run()[1].jobs[1:]])
        [event] = history.of("job")
        event.begin, event.end = begin, begin + 10
        event.details["seen"] = [turn(job(1, state="running", finished=None)), turn(row)]
        assert problems(history, done) == expected


def test_a_job_that_nobody_took_over_is_found():
    for took, expected in ((9.0, []), (50.0, ["a job was not taken over"]), (None, ["a job was not taken over"])):
        history, done = a_run()
        history.of("fault")[0].details |= {"job": 20, "taken_over": took}
        assert problems(history, done) == expected


def test_a_schedule_that_fired_twice_is_found():
    history, done = a_run()
    done.jobs.append(job(20, "collect", 63, 64))
    assert problems(history, done) == ["a schedule fired twice"]


def test_a_schedule_that_did_not_fire_is_found_unless_its_job_was_still_there():
    history, done = a_run()
    done.jobs = [row for row in done.jobs if row["id"] != 4]
    assert problems(history, done) == ["a schedule did not fire"]
    done.jobs = [row | {"finished": at(125)} if row["id"] == 3 else row for row in done.jobs]
    assert problems(history, done) == []


def test_a_schedule_that_fired_at_a_time_to_come_is_found():
    history, done = a_run()
    done.jobs.append(job(20, "collect", 7200, 7201))
    assert problems(history, done) == ["a schedule fired at a time that is not"]


def test_jobs_that_nobody_ordered_are_nobodys():
    history, done = a_run()
    done.jobs += [job(20 + n, "render", 10 * n, 10 * n + 1, state="failed", attempt=5) for n in range(9)]
    assert problems(history, done) == []


def test_a_run_that_is_too_short_for_the_schedule_tested_none():
    history, done = a_run()
    done.jobs, done.until = done.jobs[:1], WALL + 50
    assert problems(history, done) == ["nothing was tested"]
