"""Moving the database alone, and the packages alone; what migrate draws on a terminal meanwhile."""

import hashlib
import os
import pty
import re
import subprocess

import pytest

from artifacts import wheel, wheel_name
from server import BINARY
from test_operating_move import filled, seen, sound

BAR = r"\[=*>? *\] +\d+%  [\d.]+[ \w]* of [\d.]+[ \w]*  "


def on_a_terminal(server, *words, environment):
    """(what it says, what it draws) of a command that succeeds."""
    mine, terminal = pty.openpty()
    process = subprocess.Popen([BINARY, *map(str, words)], stdout=subprocess.PIPE, stderr=terminal, text=True, cwd=server.folder,
                               env=environment)
    os.close(terminal)
    drawn = b""
    try:
        while piece := os.read(mine, 1 << 16):
            drawn += piece
    except OSError:
        pass  # the other end is closed
    os.close(mine)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, (said, drawn)
    return said, drawn.decode()


def packages(folder):
    """Files, and since when they are there."""
    return {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("part, pair, stages", [("database", "postgres-file", ["rows"]), ("packages", "sqlite-s3", ["packages", "verifying"])])
def test_a_part_moves_alone_with_a_bar_while_reads_go_on(make_granary, part, pair, stages):
    old = make_granary().start()
    data = old.folder / "data"
    stays = {"database": {"FileStorage": {"Location": data / "packages"}}, "packages": {"SQLite": {"Dir": data / "db"}}}[part]
    new = make_granary(pair, settings=stays)
    new.write_config()
    python, r = filled(old)
    token = old.token()
    before, files = seen(old, python, r), packages(data / "packages")
    assert len(files) > 40

    said, drawn = on_a_terminal(old, "migrate", "--from", old.config, "--to", new.config, environment=new.environment | old.environment)
    other = {"database": "packages stay", "packages": "database stays"}[part]
    assert "verified" in said and other in said and "read-only" in said, said
    lines = [line for line in drawn.split("\r\x1b[K") if line]
    assert lines and all(re.match(BAR, line) for line in lines), drawn
    labels = [line.split("  ")[-1] for line in lines]
    assert list(dict.fromkeys(labels)) == stages and drawn.endswith("\r\x1b[K"), drawn

    assert seen(old, python, r) == before and packages(data / "packages") == files
    assert old.upload(python, wheel_name("late", "1.0"), wheel("late", "1.0"), token).status == 503
    assert old.stop() == 0
    new.start()
    assert seen(new, python, r) == before
    sound(new)
    pot = wheel("pot0", "2.0")
    assert new.upload(python, wheel_name("pot0", "2.0"), pot, token).status == 200
    assert new.filenames(python, "pot0") == [wheel_name("pot0", "2.0")]
    digest = hashlib.sha256(pot).hexdigest()
    assert (data / "packages/sha256" / digest[:2] / digest).exists() == (part == "database"), "it goes where packages are kept"
