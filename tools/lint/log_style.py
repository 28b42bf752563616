"""Log and error messages read alike: lower case, no full stop; error logs begin with "failed to" or "cannot"."""

import re

from tree import Problem, files, is_test, line_of, read, without_comments

STRING = r'"((?:[^"\\]|\\.)*)"'
LOG = re.compile(r"\b(?:log|logger)_?(?:\(\))?(?:\.|->)(debug|info|warn|error|failed)\(\s*(?:fmt::format\(\s*)?" + STRING)
FAIL = re.compile(r"\bfail\(\s*Errc::\w+,\s*(?:fmt::format\(\s*)?" + STRING)
# A message may begin with the exact spelling of a name: a header, an acronym, a file, a setting.
PROPER = re.compile(r"[A-Z][A-Z0-9]+\b|[A-Z]\w*[-./_]|[A-Z][a-z]+[A-Z]|DESCRIPTION|Python\b|PostgreSQL|Range\b|Host\b|R\b|"
                    r"Authorization\b|Accept\b|Expect\b|Content\b|Transfer\b|Name\b|Version\b|Package\b|Basic\b|Bearer\b")


def style_of(text):
    if text[:1].isupper() and not PROPER.match(text):
        return "begin with a lower case letter"
    if text.endswith(".") and not text.endswith("..."):
        return "end without a full stop"
    if "\\n" in text:
        return "be one line"
    return None


def check(root):
    problems = []
    for path in files(root, ".h", ".cc", under="src"):
        if is_test(path):
            continue
        code = without_comments(read(root, path))
        for match in LOG.finditer(code):
            kind, text = match[1], match[2]
            line = line_of(code, match.start())
            if wrong := style_of(text):
                problems.append(Problem(path, line, f'log messages {wrong}: "{text}"'))
            if kind in ("error", "failed") and not text.startswith(("failed to ", "cannot ")):
                problems.append(Problem(path, line, f'error logs begin with "failed to" or "cannot": "{text}"'))
        for match in FAIL.finditer(code):
            if wrong := style_of(match[1]):
                problems.append(Problem(path, line_of(code, match.start()), f'error messages {wrong}: "{match[1]}"'))
    return problems
