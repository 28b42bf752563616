"""pip installs from a Granary repository."""

import json
import urllib.parse

import pytest

from artifacts import sdist, sdist_name, wheel, wheel_name


@pytest.fixture
def shelf(granary):
    name = granary.repository("python")
    granary.added(name, {
        wheel_name("Pot.Shelf", "1.0"): wheel("Pot.Shelf", "1.0"),
        wheel_name("Pot.Shelf", "1.10"): wheel("Pot.Shelf", "1.10", requires=["pot_jar>=0.5"]),
        wheel_name("Pot.Shelf", "2.0rc1"): wheel("Pot.Shelf", "2.0rc1"),
        wheel_name("pot-jar", "0.5"): wheel("pot-jar", "0.5"),
        sdist_name("pot-lid", "3.1"): sdist("pot-lid", "3.1")})
    return name


def simple(granary, name, snapshot="latest"):
    return f"{granary.url}/{name}/{snapshot}/simple/"


def test_install_takes_the_newest_release_and_its_dependency(granary, pip, shelf):
    pip.install(simple(granary, shelf), "pot-shelf")
    assert (pip.answer("pot_shelf"), pip.answer("pot_jar")) == ("1.10", "0.5")


@pytest.mark.parametrize("requirement, version", [("Pot_Shelf==1.0", "1.0"), ("pot.shelf<1.5", "1.0"), ("pot.shelf>1.5", "1.10"), ("POT--SHELF>=2.0rc1", "2.0rc1")])
def test_install_of_a_version(granary, pip, shelf, requirement, version):
    pip.install(simple(granary, shelf), requirement)
    assert pip.answer("pot_shelf") == version


def test_install_builds_from_a_source_distribution(granary, pip, shelf):
    pip.install(simple(granary, shelf), "pot-lid", options=["--no-build-isolation"])
    assert pip.answer("pot_lid") == "3.1"


def test_install_with_hashes(granary, pip, shelf):
    page = granary.json_page(shelf, "pot-jar").json
    digest = page["files"][0]["hashes"]["sha256"]
    requirements = pip.folder / "requirements.txt"
    requirements.write_text(f"pot-jar==0.5 --hash=sha256:{digest}\n")
    pip.install(simple(granary, shelf), options=["--require-hashes", "-r", requirements])
    requirements.write_text(f"pot-jar==0.5 --hash=sha256:{'0' * 64}\n")
    refused = pip.install(simple(granary, shelf), check=False, options=["--require-hashes", "-r", requirements])
    assert refused.returncode != 0 and "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.stderr


def test_resolution_reads_metadata_and_not_the_wheel(granary, pip, shelf):
    plan = json.loads(pip.must("python", "-m", "pip", "--quiet", "install", "--dry-run", "--report", "-", "--ignore-installed",
                               "--index-url", simple(granary, shelf), "pot-shelf").split("\nWARNING")[0])
    assert sorted(p["metadata"]["name"].lower() for p in plan["install"]) == ["pot-jar", "pot.shelf"]
    url = granary.file_url(shelf, "pot-shelf", wheel_name("Pot.Shelf", "1.10"))
    metadata = granary.get(f"{url}.metadata")
    assert metadata.status == 200 and b"Requires-Dist: pot_jar>=0.5" in metadata.body


def test_a_yanked_version_is_installed_only_by_its_number(granary, pip, shelf):
    granary.cli("yank", "--source", shelf, "--name", "pot-shelf@1.10", "--reason", "cracked")
    pip.install(simple(granary, shelf), "pot-shelf")
    assert pip.answer("pot_shelf") == "1.0"
    told = pip.install(simple(granary, shelf), "pot-shelf==1.10")
    assert pip.answer("pot_shelf") == "1.10" and "cracked" in told
    granary.cli("unyank", "--source", shelf, "--name", "pot-shelf@1.10")
    pip.install(simple(granary, shelf), "pot-shelf")
    assert pip.answer("pot_shelf") == "1.10"


def test_requires_python_holds_a_version_back(granary, pip):
    name = granary.repository("python")
    granary.added(name, {wheel_name("crate", "1.0"): wheel("crate", "1.0"),
                         wheel_name("crate", "2.0"): wheel("crate", "2.0", requires_python=">=4.0")})
    pip.install(simple(granary, name), "crate")
    assert pip.answer("crate") == "1.0"


def test_pip_index_versions_and_download(granary, pip, shelf):
    listed = pip.must("python", "-m", "pip", "index", "versions", "pot-shelf", "--index-url", simple(granary, shelf))
    assert "Available versions: 1.10, 1.0" in listed
    pip.must("python", "-m", "pip", "download", "--no-deps", "--index-url", simple(granary, shelf), "pot-jar")
    assert (pip.folder / wheel_name("pot-jar", "0.5")).exists()


def test_an_unknown_project_is_said_to_be_unknown(granary, pip, shelf):
    refused = pip.install(simple(granary, shelf), "no-such-pot", check=False)
    assert refused.returncode != 0 and "No matching distribution found for no-such-pot" in refused.stderr


def test_pages_redirect_to_their_one_url(granary, shelf):
    for path in ("simple/pot-shelf", "simple/Pot.Shelf/", "simple/pot_shelf/"):
        answer = granary.get(f"/{shelf}/latest/{path}")
        assert answer.status in (301, 308), f"{path}: {answer}"
        assert urllib.parse.urljoin(f"/{shelf}/latest/{path}", answer.headers["Location"]).endswith(f"/{shelf}/latest/simple/pot-shelf/")


def test_the_json_api_describes_a_release(granary, shelf):
    answer = granary.get(f"/{shelf}/latest/pypi/pot-shelf/json")
    assert answer.status == 200, answer
    assert answer.json["info"]["version"] == "1.10"
    assert sorted(answer.json["releases"]) == ["1.0", "1.10", "2.0rc1"]
    assert answer.json["info"]["requires_dist"] == ["pot_jar>=0.5"]
