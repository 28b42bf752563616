"""twine uploads to a source."""

import pytest

from artifacts import sdist, sdist_name, wheel, wheel_name


def write(client, files):
    for name, data in files.items():
        (client.folder / name).write_bytes(data)
    return [client.folder / name for name in files]


@pytest.fixture
def target(granary):
    name = granary.repository("python")
    return name, f"{granary.url}/upload/pypi/{name}/", granary.token(f"sources:write:{name}")


@pytest.mark.parametrize("path", ["upload/pypi/{}", "upload/pypi/{}/", "legacy/{}/"])
def test_upload_is_there_at_once(granary, twine, target, path):
    name, _, token = target
    files = {wheel_name("Jute-Bag", "1.0"): wheel("Jute-Bag", "1.0"), sdist_name("Jute-Bag", "1.0"): sdist("Jute-Bag", "1.0")}
    twine.upload(f"{granary.url}/{path.format(name)}", token, *write(twine, files))
    assert sorted(granary.filenames(name, "jute-bag")) == sorted(files)
    for filename, data in files.items():
        assert granary.get(granary.file_url(name, "jute-bag", filename)).body == data


def test_the_same_content_again_is_success(granary, twine, target):
    name, url, token = target
    files = write(twine, {wheel_name("bag", "1.0"): wheel("bag", "1.0")})
    twine.upload(url, token, *files)
    twine.upload(url, token, *files)
    assert granary.filenames(name, "bag") == [wheel_name("bag", "1.0")]


def test_other_content_is_refused_and_the_first_stays(granary, twine, target):
    name, url, token = target
    first = wheel("bag", "1.0")
    twine.upload(url, token, *write(twine, {wheel_name("bag", "1.0"): first}))
    files = write(twine, {wheel_name("bag", "1.0"): wheel("bag", "1.0", answer="other")})
    refused = twine.upload(url, token, *files, check=False)
    assert refused.returncode != 0 and "File already exists" in refused.stdout + refused.stderr
    assert granary.get(granary.file_url(name, "bag", wheel_name("bag", "1.0"))).body == first


@pytest.mark.parametrize("secret", ["wrong", "grn_" + "0" * 40])
def test_a_wrong_token_is_refused(granary, twine, target, secret):
    name, url, _ = target
    refused = twine.upload(url, secret, *write(twine, {wheel_name("bag", "1.0"): wheel("bag", "1.0")}), check=False)
    assert refused.returncode != 0 and "401" in refused.stdout + refused.stderr
    assert granary.filenames(name, "bag") == []


def test_a_token_for_another_source_is_refused(granary, twine, target):
    name, url, _ = target
    token = granary.token("sources:write:elsewhere")
    refused = twine.upload(url, token, *write(twine, {wheel_name("bag", "1.0"): wheel("bag", "1.0")}), check=False)
    assert refused.returncode != 0 and "403" in refused.stdout + refused.stderr
    assert granary.filenames(name, "bag") == []


def test_a_revoked_token_is_refused_at_once(granary, target):
    name, _, token = target
    assert granary.upload(name, wheel_name("bag", "1.0"), wheel("bag", "1.0"), token).status == 200
    granary.cli("revoke", "token", "--token", token)
    assert granary.upload(name, wheel_name("bag", "1.1"), wheel("bag", "1.1"), token).status == 401
