"""uv installs from a Granary repository and publishes to a source."""

from artifacts import sdist, sdist_name, wheel, wheel_name


def write(client, files):
    for name, data in files.items():
        (client.folder / name).write_bytes(data)
    return [client.folder / name for name in files]


def test_install(granary, uv):
    name = granary.repository("python")
    granary.added(name, {wheel_name("sack", "1.0"): wheel("sack", "1.0", requires=["string-bag"]),
                         wheel_name("string-bag", "2.0"): wheel("string-bag", "2.0")})
    uv.install(f"{granary.url}/{name}/latest/simple/", "sack")
    assert (uv.answer("sack"), uv.answer("string_bag")) == ("1.0", "2.0")


def test_exclude_newer_reads_the_time_of_upload(granary, uv):
    name = granary.repository("python")
    granary.added(name, {wheel_name("sack", "1.0"): wheel("sack", "1.0")})
    index = f"{granary.url}/{name}/latest/simple/"
    refused = uv.install(index, "sack", check=False, options=["--exclude-newer", "2020-01-01"])
    assert refused.returncode != 0
    uv.install(index, "sack", options=["--exclude-newer", "2999-01-01"])
    assert uv.answer("sack") == "1.0"


def test_publish_with_check_url_then_install_at_once(granary, uv):
    name = granary.repository("python")
    token = granary.token(f"sources:write:{name}")
    files = write(uv, {wheel_name("sack", "1.1"): wheel("sack", "1.1"), sdist_name("sack", "1.1"): sdist("sack", "1.1")})
    index = f"{granary.url}/{name}/latest/simple/"
    publish = f"{granary.url}/upload/pypi/{name}"
    uv.publish(publish, token, *files, options=["--check-url", index])
    uv.install(index, "sack", options=["--refresh"])
    assert uv.answer("sack") == "1.1"
    again = uv.publish(publish, token, *files, options=["--check-url", index])
    assert "already exist" in again


def test_publish_of_other_content_under_the_same_name_is_refused(granary, uv):
    name = granary.repository("python")
    token = granary.token()
    publish = f"{granary.url}/upload/pypi/{name}"
    uv.publish(publish, token, *write(uv, {wheel_name("sack", "1.0"): wheel("sack", "1.0")}))
    uv.publish(publish, token, *write(uv, {wheel_name("sack", "1.0"): wheel("sack", "1.0")}))
    refused = uv.publish(publish, token, *write(uv, {wheel_name("sack", "1.0"): wheel("sack", "1.0", answer="other")}), check=False)
    assert refused.returncode != 0 and "already exists" in refused.stderr


def test_publish_with_a_wrong_token_says_so(granary, uv):
    name = granary.repository("python")
    refused = uv.publish(f"{granary.url}/upload/pypi/{name}", "wrong", *write(uv, {wheel_name("sack", "1.0"): wheel("sack", "1.0")}),
                         check=False)
    assert refused.returncode != 0 and ("401" in refused.stderr or "403" in refused.stderr)
    assert granary.filenames(name, "sack") == []
