"""kill -9 at any moment: what was answered 200 is there, whole, and nothing else is wrong."""

import http.client
import random
import threading
import time

import pytest

from artifacts import wheel, wheel_name

ROUNDS = 6


@pytest.mark.parametrize("pair", ["sqlite-file", "postgres-s3", "sqlite-s3", "postgres-file"])
def test_every_upload_that_was_answered_survives(make_granary, pair):
    server = make_granary(pair).start()
    name, token = server.repository("python"), server.token()
    answered, chance = {}, random.Random(4242)

    def writer(number, round_number):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        try:
            for step in range(10_000):
                version = f"{round_number}.{number}.{step}"
                data = wheel("grain", version, files=[("grain/noise", random.randbytes(2000))])
                answer = server.upload(name, wheel_name("grain", version), data, token, connection=connection)
                assert answer.status == 200, answer
                answered[wheel_name("grain", version)] = data
        except (OSError, http.client.HTTPException):
            pass  # killed

    for round_number in range(ROUNDS):
        threads = [threading.Thread(target=writer, args=(number, round_number)) for number in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.05, 0.6))
        server.kill()
        for thread in threads:
            thread.join()
        server.start()
        report = server.cli_json("verify")
        assert not report["problems"], report["problems"][:5]
        page = server.json_page(name, "grain")
        listed = {f["filename"]: f["hashes"]["sha256"] for f in page.json["files"]} if page.status == 200 else {}
        assert set(answered) <= set(listed), sorted(set(answered) - set(listed))[:5]
    assert len(answered) > ROUNDS
    # What was half done when it died is garbage and nothing else: collecting it takes nothing that counts.
    server.cli("gc", "--grace", "0s")
    assert not server.cli_json("verify")["problems"]
    for filename in chance.sample(sorted(answered), min(40, len(answered))):
        assert server.get(server.file_url(name, "grain", filename)).body == answered[filename]
    # The same again is a success, so a client that saw no answer may simply retry.
    filename, data = next(iter(answered.items()))
    assert server.upload(name, filename, data, token).status == 200
    assert server.stop() == 0
