"""A repository takes each package whole from the first of its sources that has it."""

from artifacts import r_name, r_package, wheel, wheel_name


def test_a_public_name_never_shadows_a_private_one(granary, pip):
    private, public = granary.source("python"), granary.source("python")
    granary.added(private, {wheel_name("secret", "1.0"): wheel("secret", "1.0", answer="ours")})
    granary.added(public, {wheel_name("secret", "99.0"): wheel("secret", "99.0", answer="theirs"),
                           wheel_name("open", "1.0"): wheel("open", "1.0", answer="theirs")})
    name = granary.repository("python", private, public)
    index = f"{granary.url}/{name}/latest/simple/"
    pip.install(index, "secret", "open")
    assert (pip.answer("secret"), pip.answer("open")) == ("ours", "theirs")
    assert granary.filenames(name, "secret") == [wheel_name("secret", "1.0")]


def test_r_sees_the_first_source_only(granary, r):
    private, public = granary.source("r"), granary.source("r")
    granary.added(private, {r_name("secret", "1.0"): r_package("secret", "1.0", answer="ours")})
    granary.added(public, {r_name("secret", "2.0"): r_package("secret", "2.0", answer="theirs"),
                           r_name("open", "1.0"): r_package("open", "1.0")})
    name = granary.repository("r", private, public)
    client = r(f"{granary.url}/{name}/latest")
    client.install("secret", "open")
    assert client.answer("secret") == "ours"
    assert granary.get(f"/{name}/latest/src/contrib/secret_2.0.tar.gz").status == 404


def test_the_order_can_be_changed_and_sources_taken_away(granary):
    first, second = granary.source("python"), granary.source("python")
    granary.added(first, {wheel_name("tool", "1.0"): wheel("tool", "1.0")})
    granary.added(second, {wheel_name("tool", "2.0"): wheel("tool", "2.0")})
    name = granary.repository("python", first, second)
    assert granary.filenames(name, "tool") == [wheel_name("tool", "1.0")]
    granary.cli("reorder", "--repo", name, "--sources", f"{second},{first}")
    assert granary.filenames(name, "tool") == [wheel_name("tool", "2.0")]
    granary.cli("unsubscribe", "--repo", name, "--source", second)
    assert granary.filenames(name, "tool") == [wheel_name("tool", "1.0")]
    granary.cli("unsubscribe", "--repo", name, "--source", first)
    assert granary.json_page(name, "tool").status == 404


def test_a_change_shows_in_every_repository_of_its_source(granary):
    source = granary.source("python")
    names = [granary.repository("python", source) for _ in range(2)]
    granary.added(source, {wheel_name("tool", "1.0"): wheel("tool", "1.0")})
    assert [granary.filenames(name, "tool") for name in names] == [[wheel_name("tool", "1.0")]] * 2
