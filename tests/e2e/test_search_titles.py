"""Words of titles are searched in mirrors too: their indexes have none, but CRAN and Bioconductor publish them beside."""

import cran

TABLE = '''
    dir.create("{root}/web/packages", recursive = TRUE, showWarnings = FALSE)
    rows <- data.frame(Package = c("praise", "whisker", "notHere"), Version = "1.0",
                       Title = c("Caf\\u00e9 of\\n  Praise", "Templates for Praise", "Praise of nobody"))
    saveRDS({form}(rows), "{root}/web/packages/packages.rds")'''


def found(server, repository, words):
    answer = server.get(f"/__api__/repos/{repository}/packages?name_like={words}&exact_first=true")
    return [one["name"] for one in answer.json]


def mirrored(server, name, url):
    server.cli("create", "source", "--name", name, "--type", name, "--url", url)
    server.cli("create", "repo", "--name", name, "--type", "r" if name == "cran" else name)
    server.cli("subscribe", "--repo", name, "--source", name)
    server.cli("sync", "--source", name, seconds=300)


def test_the_titles_of_crans_table_are_searched_and_outlive_a_bad_one(make_granary, r, cran_upstream, tmp_path):
    upstream = cran.Cran(cran_upstream.root).copy(tmp_path / "cran")
    client = r(cran_upstream.url)
    client.evaluate(TABLE.format(root=upstream.root, form="as.matrix"))
    server = make_granary(settings={"CRAN": {"ReadOldVersions": "false"}}).start()
    mirrored(server, "cran", f"file://{upstream.root}")
    assert found(server, "cran", "praise") == ["praise", "whisker"]  # the name first
    assert found(server, "cran", "templates") == ["whisker"]
    assert found(server, "cran", "caf%C3%A9%20praise") == ["praise"]
    assert "Title:" not in server.get("/cran/latest/src/contrib/PACKAGES").text

    (upstream.root / "web/packages/packages.rds").write_bytes(b"<html>not today</html>")
    upstream.publish(cran.rewritten(upstream.current("praise"), "9.0.0", "2025-06-01"), "2025-06-01")
    upstream.index()
    server.cli("sync", "--source", "cran")
    assert "packages.rds" in server.cli_json("info", "--source", "cran")["problem"]
    assert "Version: 9.0.0" in server.get("/cran/latest/src/contrib/PACKAGES").text
    assert found(server, "cran", "templates") == ["whisker"]

    client.evaluate(TABLE.format(root=upstream.root, form="identity").replace("Templates", "Moustaches"))
    upstream.publish(cran.rewritten(upstream.current("praise"), "9.0.1", "2025-06-02"), "2025-06-02")
    upstream.index()
    server.cli("sync", "--source", "cran")
    assert not server.cli_json("info", "--source", "cran")["problem"]
    assert found(server, "cran", "moustaches") == ["whisker"] and found(server, "cran", "templates") == []


def test_the_titles_of_bioconductors_views_are_searched(make_granary, bioconductor_upstream, tmp_path):
    copy = cran.Cran(bioconductor_upstream.root).copy(tmp_path / "bioconductor")
    [views] = {path.parents[2] for path in copy.root.glob("packages/3.16/bioc/src/contrib/PACKAGES")}
    (views / "VIEWS").write_text("Package: BiocVersion\nVersion: 3.16.0\nTitle: Set the appropriate version\n    of the Bioconductor orchard\n")
    server = make_granary().start()
    mirrored(server, "bioconductor", f"file://{copy.root}")
    answer = server.get("/__api__/repos/bioconductor/packages?name_like=orchard&bioc_version=3.16")
    assert [one["name"] for one in answer.json] == ["BiocVersion"]
