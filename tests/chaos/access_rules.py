"""The checker's rule for what needs a token. Pure: see test_access_rules.py."""

from problem import Problem


def check(history):
    """Who has no token, or a wrong one, is told so: by 401, whatever fails. No page, no file, no "there is none", no way to
    either."""
    for event in history.of("intrusion"):
        status = event.details["status"]
        if status == 0:
            yield Problem("who has no token was told nothing", f"{event.what} at {event.begin:.1f}: {event.why}")
        elif status != 401:
            yield Problem("content without a token", f"{event.what} at {event.begin:.1f}: {status}, {event.details.get('bytes')} bytes")
