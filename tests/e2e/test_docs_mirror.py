"""docs/mirror.md, "in five minutes": its very commands are run, against the upstreams of the tests; and `make run`."""

import os
import re
import shutil
import signal
import subprocess

from server import BINARY, Granary, eventually
from services import ROOT, accepts, free_port

PAGE = ROOT / "docs/mirror.md"


def blocks(section):
    """[(language, text)] of a section of the page."""
    text = PAGE.read_text()
    begin = text.index(section)
    end = text.find("\n## ", begin + len(section))
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text[begin:end], re.M | re.S)
    assert found, f"{section} has no commands"
    return found


def test_the_page_in_five_minutes_works_as_it_is_written(tmp_path, cran_upstream, pypi_upstream, pip, r):
    server = Granary(tmp_path / "server", environment={
        "GRANARY_CRAN_URL": cran_upstream.url, "GRANARY_PYPI_URL": f"{pypi_upstream.url}/simple"})
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "granary").symlink_to(BINARY.resolve())
    environment = server.environment | {"PATH": f"{programs}:{os.environ['PATH']}"}

    def told(text):  # only addresses differ from those of the reader
        return text.replace("http://localhost:4242", server.url).replace("https://cran.uni-muenster.de", cran_upstream.url)

    def typed(text, **options):
        return subprocess.Popen(["sh", "-exc", told(text)], cwd=server.folder, env=environment, text=True,
                                stderr=subprocess.STDOUT, **options)

    found = blocks("# Mirror CRAN and PyPI in five minutes")
    server.write_config()  # ports and folders of its own
    with open(server.config, "a") as config:
        config.writelines(text for language, text in found if language == "gcfg")
    [starting] = [text for language, text in found if "granary serve" in text]
    commands = [text for language, text in found if language == "sh" and text.startswith("granary") and text != starting]
    [install] = [told(text).split() for language, text in found if text.startswith("pip install")]
    [lines] = [text for language, text in found if language == "r"]
    with open(server.log_path, "wb") as log:
        running = typed(starting, stdout=log, start_new_session=True)
    try:
        eventually(lambda: accepts(server.port) or running.poll() is not None, 60)
        said = ""
        for text in commands:
            done = typed(text, stdout=subprocess.PIPE)
            said += done.communicate(timeout=120)[0]
            assert done.returncode == 0, said
        assert said.count("is up to date") == 2 and "upstream" in said, said
        index = install.index("--index-url")
        pip.install(install[index + 1], *install[index + 2:])
        assert (pip.folder / "site" / "requests").is_dir()
        client = r(f"{server.url}/cran/latest")
        client.evaluate(told(lines))
        assert client.evaluate('cat(as.character(packageVersion("praise")))') == "1.0.0"
        eventually(lambda: b"Package: R6\n" in server.get("/cran-de/latest/src/contrib/PACKAGES").body, 60)
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(30)
        server.close()


def test_make_run_serves_cran_and_pypi_beside_the_demo_repositories(tmp_path, cran_upstream, pypi_upstream):
    copy = tmp_path / "checkout"  # its data lies beside its tools
    copy.mkdir()
    shutil.copytree(ROOT / "examples", copy / "examples")
    (copy / "tools").mkdir()
    for name in ("demo.sh", "pack_examples.py"):
        shutil.copy(ROOT / "tools" / name, copy / "tools")
    port = free_port()
    server = Granary(tmp_path / "client")
    server.port = port
    environment = server.environment | {"DEMO_PORT": str(port), "GRANARY_CRAN_URL": cran_upstream.url, "GRANARY_METRICS_ENABLED": "false",
                                        "GRANARY_PYPI_URL": f"{pypi_upstream.url}/simple"}
    with open(tmp_path / "demo.log", "wb") as log:
        demo = subprocess.Popen(["sh", copy / "tools/demo.sh", BINARY.resolve()], env=environment, stdout=log, stderr=log,
                                start_new_session=True)
    try:
        eventually(lambda: "Ctrl-C" in (tmp_path / "demo.log").read_text() or demo.poll() is not None, 60)
        said = (tmp_path / "demo.log").read_text()
        assert demo.poll() is None and f"{server.url.replace('127.0.0.1', 'localhost')}/cran/latest" in said, said[-3000:]
        eventually(lambda: b"Package: R6\n" in server.get("/cran/latest/src/contrib/PACKAGES").body, 60)
        eventually(lambda: "six-1.15.0-py2.py3-none-any.whl" in server.filenames("pypi", "six"), 60)
        assert b"Package: silo\n" in server.get("/demo-r/latest/src/contrib/PACKAGES").body
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(30)
        server.close()
    assert not accepts(port)
