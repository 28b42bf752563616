"""A Bioconductor of two releases, 3.16 (R 4.2) and 3.20 (R 4.4): config.yaml, and packages/{release}/{tree}/src/contrib.

The software is Bioconductor's own; what is not had of 3.16 is the tarball of 3.20 with another Version. The packages of
the other trees are made here."""

import hashlib
import pathlib
import subprocess

import debian
from cache import CACHE, locked, made_once
from cran import HERE, Cran, rewritten

from artifacts import r_package  # noqa: E402, I001  (cache says where it is)

RELEASES = {"3.16": {"r": "4.2", "day": "2022-11-02", "built": "2023-04-12"}, "3.20": {"r": "4.4", "day": "2024-10-30", "built": "2025-04-02"}}
TREES = ("bioc", "data/annotation", "data/experiment", "workflows", "books")
OTHERS = {"data/annotation": "org.Hv.eg.db", "data/experiment": "barleyData", "workflows": "maltingWorkflow", "books": "brewersBook"}

CONFIG = """# What BiocManager reads of Bioconductor's config.yaml, in its form.
release_version: "{release}"
r_version_associated_with_release: "{r}.2"
r_version_associated_with_devel: "devel"
devel_version: "{devel}"
single_package_versions: []
release_dates:
{dates}
release_last_built_dates:
{built}
r_ver_for_bioc_ver:
{versions}
  "{devel}": "{r}"
rspm_ver_for_bioc_ver:
{snapshots}
mirrors: []
"""


def config():
    def lines(values):
        return "\n".join(f'  "{release}": "{value}"' for release, value in values.items())

    def american(day):
        year, month, number = day.split("-")
        return f"{month}/{number}/{year}"

    release = list(RELEASES)[-1]
    return CONFIG.format(release=release, r=RELEASES[release]["r"], devel="3.21",
                         dates=lines({key: american(value["day"]) for key, value in RELEASES.items()}),
                         built=lines({key: american(value["built"]) for key, value in RELEASES.items()}),
                         snapshots=lines({key: value["built"] for key, value in RELEASES.items()}),
                         versions=lines({key: value["r"] for key, value in RELEASES.items()}))


def of_release(paths, release):
    """The tarball of a package for a release, from what there is of it: bytes."""
    for path in paths:
        if debian.description(path).get("git_branch") == "RELEASE_" + release.replace(".", "_"):
            return path.read_bytes()
    path = debian.newest_first(paths)[0]
    about, day = debian.description(path), RELEASES[release]["day"]
    if about["Package"] == "BiocVersion":
        return rewritten(path, f"{release}.0", day, Depends=f"R (>= {RELEASES[release]['r']}.0)")
    if release == "3.20":
        return path.read_bytes()
    return rewritten(path, about["Version"].rsplit(".", 2)[0] + ".1.0", day)


def fill(root, tarballs):
    packages = {}
    for path in sorted(tarballs.glob("*.tar.gz")):
        packages.setdefault(path.name.split("_")[0], []).append(path)
    for release, about in RELEASES.items():
        for tree in TREES:
            site = Cran(root / "packages" / release / tree)
            if tree == "bioc":
                for paths in packages.values():
                    site.publish(of_release(paths, release), about["day"])
            else:
                site.publish(r_package(OTHERS[tree], f"{release}.0"), about["day"])
            site.index(meta=False)
    (root / "config.yaml").write_text(config())
    subprocess.run(["ln", "-s", list(RELEASES)[-1], root / "packages/release"], check=True)


def made():
    """The folder of the Bioconductor of the tests, which no test may write to."""
    wanted = [line for line in (HERE / "bioconductor-sources.txt").read_text().splitlines() if not line.startswith("#")]
    recipe = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in (
        "bioconductor.py", "cran.py", "index.R", "bioconductor-sources.txt", "debian.py")))
    with locked("tarballs"):
        tarballs = debian.tarballs("bioconductor", wanted)
    return pathlib.Path(made_once("bioconductor", recipe.hexdigest(), lambda folder: fill(folder, tarballs)))


if __name__ == "__main__":
    print(made(), CACHE)
