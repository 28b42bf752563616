"""poetry adds from a Granary repository and publishes to a source."""

from artifacts import wheel, wheel_name

PROJECT = """[project]
name = "customer"
version = "0.1.0"
requires-python = ">=3.8"

[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "granary"
url = "{url}"
priority = "primary"
"""


def test_add_resolves_and_locks_with_hashes(granary, poetry):
    name = granary.repository("python")
    granary.added(name, {wheel_name("basket", "1.4"): wheel("basket", "1.4", requires=["osier>=1"]),
                         wheel_name("osier", "1.0"): wheel("osier", "1.0")})
    (poetry.folder / "pyproject.toml").write_text(PROJECT.format(url=f"{granary.url}/{name}/latest/simple/"))
    poetry.must("poetry", "add", "basket")
    lock = (poetry.folder / "poetry.lock").read_text()
    assert 'name = "osier"' in lock and granary.json_page(name, "osier").json["files"][0]["hashes"]["sha256"] in lock
    assert poetry.must("poetry", "run", "python", "-c", "import basket; print(basket.answer)").strip() == "1.4"


def test_publish(granary, poetry):
    name = granary.repository("python")
    token = granary.token()
    (poetry.folder / "pyproject.toml").write_text('[project]\nname = "basket"\nversion = "2.0"\n')
    (poetry.folder / "dist").mkdir()
    (poetry.folder / "dist" / wheel_name("basket", "2.0")).write_bytes(wheel("basket", "2.0"))
    poetry.must("poetry", "config", "repositories.granary", f"{granary.url}/upload/pypi/{name}/")
    poetry.must("poetry", "publish", "-r", "granary", "-u", "__token__", "-p", token)
    assert granary.filenames(name, "basket") == [wheel_name("basket", "2.0")]
