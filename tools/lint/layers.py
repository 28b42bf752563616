"""Includes point down: src/layers.txt gives each component a level, and a file includes only from lower ones.
Some libraries have one owner. Test code may look sideways, never up; other code never includes testing/."""

import re

from tree import Problem, files, is_test, line_of, read, without_comments

OWNERS = {
    "db": re.compile(r"sqlite3\.h|libpq-fe\.h|libpq/|postgresql/"),
    "net": re.compile(r"curl/"),
    "archive": re.compile(r"archive(_entry)?\.h"),
    "http": re.compile(r"sys/epoll\.h|llhttp\.h|openssl/ssl\.h"),
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
ENVIRONMENT = re.compile(r"\b(secure_)?getenv\s*\(|\benviron\b")
# AWS names variables where credentials are looked for; they are read in one place.
READS_ENVIRONMENT = {"src/blob/s3/credentials.cc"}
STARTS_PROCESSES = "src/base/subprocess.cc"
FORK = re.compile(r"(?<![\w.>:])(?:::)?(v?fork|popen|system|posix_spawnp?)\s*\(")


def levels(root):
    table = {}
    for row in read(root, "src/layers.txt").splitlines():
        if match := re.match(r"(\d+): *(.*)$", row):
            table.update({name: int(match[1]) for name in match[2].split()})
    return table


def check(root):
    level = levels(root)
    problems = []
    for path in files(root, ".h", ".cc", under="src"):
        component = path.split("/")[1]
        test = is_test(path)
        code = without_comments(read(root, path))
        if component not in level:
            problems.append(Problem(path, 1, f"component '{component}' has no level in src/layers.txt"))
            continue

        def report(match, text):
            problems.append(Problem(path, line_of(code, match.start()), text))

        for match in INCLUDE.finditer(code):
            quoted, target = match[1] == '"', match[2]
            for owner, library in OWNERS.items():
                if not quoted and library.match(target) and component != owner and not test:
                    report(match, f"only src/{owner} may include <{target}>")
            other = target.split("/")[0]
            if not quoted or other not in level:
                continue
            if "testing" in target.split("/") and not test:
                report(match, f"'{target}' is test code: only tests may include it")
            if other == component:
                continue
            if level[other] > level[component] or (level[other] == level[component] and not test):
                report(match, f"'{component}' (level {level[component]}) may not include '{target}' "
                              f"(level {level[other]}): see src/layers.txt")
        if not test and component != "app" and path not in (*READS_ENVIRONMENT, STARTS_PROCESSES):
            for match in ENVIRONMENT.finditer(code):
                report(match, "only src/app reads the environment")
        if not test and path != STARTS_PROCESSES:
            for match in FORK.finditer(code):
                report(match, "only src/base/subprocess.cc starts processes")
    return problems
