"""What operators read: metrics, status, logs."""

import json
import re

from artifacts import wheel, wheel_name
from server import eventually


def samples(text):
    return {match[1]: float(match[2]) for match in re.finditer(r"^(\w+(?:\{[^}]*\})?) ([-+0-9.eE]+|NaN|\+Inf)$", text, re.M)}


def test_metrics_are_in_prometheus_text_format(granary):
    granary.get("/__ping__")
    text = granary.metrics()
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .*|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? ([-+0-9.eE]+|NaN|[-+]Inf)', line), line
    assert any("http" in name and "request" in name for name in samples(text))


def test_requests_are_counted_also_those_from_memory(make_granary):
    with make_granary() as server:
        name = server.repository("python")
        server.added(name, {wheel_name("tally", "1.0"): wheel("tally", "1.0")})
        for _ in range(50):  # HEAD: nobody else sends it
            assert server.request("HEAD", f"/{name}/latest/simple/tally/").status == 200

        def count(metric):
            return samples(server.metrics()).get(metric, 0)

        # The event loops hand over what they counted several times a second.
        eventually(lambda: count('ppm_http_requests_total{code="200",method="HEAD"}') == 50)
        assert count("granary_http_hot_hits_total") >= 40


def test_requests_to_the_bucket_are_counted(make_granary):
    with make_granary("postgres-s3") as server:
        def puts():
            return sum(value for name, value in samples(server.metrics()).items()
                       if name.startswith("granary_store_requests_total") and 'method="PUT"' in name and 'service="s3"' in name)

        before = puts()
        name = server.repository("python")
        server.added(name, {wheel_name("kept", "1.0"): wheel("kept", "1.0")})
        assert puts() > before


def test_status_has_the_keys_that_clients_look_for(granary):
    answer = granary.get("/__api__/status")
    assert answer.status == 200
    for key in ("version", "r_configured", "binaries_enabled", "distros"):
        assert key in answer.json, f"{key} is not in {sorted(answer.json)}"


def test_ping(granary):
    answer = granary.get("/__ping__")
    assert answer.status == 200


def test_every_answer_has_a_request_id(granary):
    answer = granary.get("/__api__/repos", X_Request_Id="from-the-client-7")
    assert answer.headers["X-Request-Id"]


def test_logs_as_json_carry_a_request_id(make_granary):
    with make_granary(settings={"Logging": {"SystemLogFormat": "json"}, "Server": {"AccessLog": "STDOUT"}}) as server:
        assert server.get("/nowhere/latest/simple/").status == 404
        name = server.source("python")
        published = server.upload(name, wheel_name("note", "1.0"), wheel("note", "1.0"), server.token(),
                                  headers={"X-Request-Id": "from-the-client-8"})
        assert published.status == 200, published
        assert server.stop() == 0
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    assert lines and all({"time", "message", "level"} <= set(line) for line in lines)
    assert [line["source"] for line in lines if line.get("request") == "from-the-client-8"] == [name]
    assert '"GET /nowhere/latest/simple/ HTTP/1.1" 404' in server.log()


def test_the_access_log_is_in_combined_format(make_granary, tmp_path):
    path = tmp_path / "access.log"
    with make_granary(settings={"Server": {"AccessLog": path, "AccessLogFormat": "combined"}}) as server:
        server.get("/__ping__", User_Agent="probe/1.0")
        server.stop()
    assert re.search(r'127\.0\.0\.1 - \S+ \[[^]]+\] "GET /__ping__ HTTP/1\.1" 200 \d+ "[^"]*" "probe/1\.0"', path.read_text())
