#!/usr/bin/env python3
"""pack_examples.py FOLDER: the packages of examples/ as a repository takes them, made with Python's standard library
alone: FOLDER/r/*.tar.gz as `R CMD build` names them, FOLDER/python/*.tar.gz and *.whl. The same sources give the same
bytes, so that adding them again changes nothing."""

import base64
import gzip
import hashlib
import io
import pathlib
import re
import sys
import tarfile
import zipfile

EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"
EPOCH = 1_704_067_200  # 2024-01-01, for every member
SKIPPED = {"__pycache__", ".Rhistory", "build"}


def members(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not SKIPPED & set(path.parts) and not path.name.endswith((".o", ".so", ".pyc")):
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def tarball(path, top, files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files:
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size, member.mtime, member.mode = len(data), EPOCH, 0o644
            archive.addfile(member, io.BytesIO(data))
    path.write_bytes(gzip.compress(packed.getvalue(), mtime=EPOCH))


def r_source(folder, out):
    description = (folder / "DESCRIPTION").read_text()
    field = dict(re.findall(r"^([\w@]+): *(.*)$", description, re.M))
    packaged = description + "Packaged: 2024-01-01 00:00:00 UTC; granary\n"
    files = [(name, packaged.encode() if name == "DESCRIPTION" else data) for name, data in members(folder)]
    tarball(out / f"{field['Package']}_{field['Version']}.tar.gz", field["Package"], files)


def project_of(folder):
    """The few keys of pyproject.toml that the examples use; Python 3.11's tomllib may not be there."""
    text = (folder / "pyproject.toml").read_text()
    value = {key: re.search(rf'^{key} = "(.*)"$', text, re.M)[1]
             for key in ("name", "version", "description", "requires-python")}
    dependencies = re.search(r"^dependencies = \[(.*)\]$", text, re.M)
    value["dependencies"] = re.findall(r'"([^"]+)"', dependencies[1]) if dependencies else []
    value["scripts"] = dict(re.findall(r'^([\w-]+) = "([\w.]+:\w+)"$', text, re.M))
    return value


def metadata_of(project):
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}",
             f"Summary: {project['description']}", f"Requires-Python: {project['requires-python']}"]
    lines += [f"Requires-Dist: {dependency}" for dependency in project["dependencies"]]
    return ("\n".join(lines) + "\n").encode()


def sdist(folder, out):
    project = project_of(folder)
    top = f"{project['name']}-{project['version']}"
    tarball(out / f"{top}.tar.gz", top, [*members(folder), ("PKG-INFO", metadata_of(project))])


def wheel(folder, out):
    project = project_of(folder)
    top = f"{project['name']}-{project['version']}"
    info = f"{top}.dist-info"
    files = list(members(folder / "src"))
    files.append((f"{info}/METADATA", metadata_of(project)))
    files.append((f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: granary\nRoot-Is-Purelib: true\nTag: py3-none-any\n"))
    if project["scripts"]:
        entries = "".join(f"{name} = {target}\n" for name, target in project["scripts"].items())
        files.append((f"{info}/entry_points.txt", f"[console_scripts]\n{entries}".encode()))
    record = "".join(f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},"
                     f"{len(data)}\n" for name, data in files)
    files.append((f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode()))
    with zipfile.ZipFile(out / f"{top}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            member = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, data)


def main(target):
    out = pathlib.Path(target)
    for kind, pack in (("r", [r_source]), ("python", [sdist, wheel])):
        (out / kind).mkdir(parents=True, exist_ok=True)
        for folder in sorted(p for p in (EXAMPLES / kind).iterdir() if p.is_dir()):
            for make in pack:
                make(folder, out / kind)


if __name__ == "__main__":
    main(sys.argv[1])
