"""The API describes itself, and the description is true."""

import re

from artifacts import r_name, r_package


def test_the_description_names_every_operation_once(granary):
    document = granary.get("/openapi.json").json
    assert document["openapi"].startswith("3.")
    ids = [operation["operationId"] for path in document["paths"].values() for method, operation in path.items()
           if method in ("get", "post", "put", "patch", "delete")]
    assert len(ids) == len(set(ids)) and len(ids) > 20


def test_parameters_of_a_path_are_described(granary):
    for path, item in granary.get("/openapi.json").json["paths"].items():
        wanted = set(re.findall(r"\{(\w+)\*?\}", path))
        for operation in item.values():
            described = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert described == wanted, path


def test_the_lists_are_there(granary):
    name = granary.repository("r")
    granary.added(name, {r_name(f"p{i}", "1.0"): r_package(f"p{i}", "1.0") for i in range(5)})
    repositories = granary.get("/__api__/repos").json
    [repository] = [r for r in repositories if r["name"] == name]
    assert name in {s["name"] for s in granary.get("/__api__/sources").json}
    listed = granary.get(f"/__api__/repos/{repository['id']}/packages?_limit=2&_page=2")
    assert [p["name"] for p in listed.json] == ["p2", "p3"], listed
    found = granary.get(f"/__api__/repos/{repository['id']}/packages?name_like=p4")
    assert "p4" in {p["name"] for p in found.json}
    assert granary.get("/__api__/repos/999999/packages").status == 404
