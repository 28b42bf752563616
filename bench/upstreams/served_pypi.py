"""The PyPI of full_pypi.py from nginx, which is no bottleneck: its list of projects as of two days, and the pages of WITH_PAGES
projects, made once.

    served = ServedPypi(folder)         the server; folder is for its configuration and its log
    served.show("tomorrow")             20,000 projects have a new serial
    served.requests()                   {path: times} since the last call"""

import collections
import gzip
import os
import pathlib

import cache
import full_pypi
import nginx

CHANGED, WITH_PAGES = 20_000, 1_200
PAGES = f"""
location /simple/ {{
  access_log {{folder}}/requests.log requests; gzip_static always; gunzip off; default_type {full_pypi.JSON};
  add_header Cache-Control "max-age=600, public"; rewrite ^/simple/$ /list.json break; rewrite ^/simple/([^/]+)/$ /pages/$1.json break;
}}"""


def numbers(projects):
    """Of the projects with a page: the largest, then some of every size."""
    return [*range(5), *(5 + 25 * number for number in range(WITH_PAGES - 5) if 5 + 25 * number < projects)]


def made(scale=1.0):
    """The folder, and the FullPypi that it was made of."""
    sizes = {"projects": round(880_000 * scale), "with_files": round(200_000 * scale), "releases": round(1_600_000 * scale)}
    pypi = full_pypi.FullPypi(**sizes)
    recipe = pathlib.Path(full_pypi.__file__).read_text() + pathlib.Path(__file__).read_text() + str(sizes)

    def make(folder):
        for day in ("today", "tomorrow"):
            (folder / day).mkdir()
            if day == "tomorrow":
                pypi.advance(round(CHANGED * scale))
            (folder / day / "list.json.gz").write_bytes(pypi.root())
            (folder / day / "pages").symlink_to("../pages")
        (folder / "pages").mkdir()
        for number in numbers(sizes["projects"]):
            (folder / "pages" / f"{pypi.names[number]}.json.gz").write_bytes(gzip.compress(pypi.page(number), 1, mtime=0))
    folder = cache.made_once(f"full-pypi-{sizes['projects']}", recipe, make)
    return folder, full_pypi.FullPypi(**sizes)


class ServedPypi:
    def __init__(self, folder, scale=1.0):
        self.source, self.pypi = made(scale)
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.link = self.folder / "shown"
        self.show("today")
        self.web = nginx.Nginx(self.folder / "nginx", self.link, http="log_format requests '$request_uri';",
                               server=PAGES.replace("{folder}", str(self.folder)).replace("{{", "{").replace("}}", "}"), workers=1)
        self.read = 0

    @property
    def url(self):
        return self.web.url + "/simple"

    def show(self, day):
        fresh = self.link.with_name("fresh")
        fresh.symlink_to(self.source / day)
        os.replace(fresh, self.link)

    def requests(self):
        lines = (self.folder / "requests.log").read_text().splitlines()
        fresh, self.read = lines[self.read:], len(lines)
        return collections.Counter(fresh)

    def stop(self):
        self.web.stop()
