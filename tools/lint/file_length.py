"""No file over 800 lines; the median of product files and the median of test files stay under 130."""

import statistics

from tree import Problem, files, is_test, read

LONGEST = 800
MEDIAN = 130
CODE = (".h", ".cc", ".c", ".py", ".sh", ".cmake", ".R")
# path: why it may be longer.
ALLOWED = {}


def check(root):
    problems, product, tests = [], [], []
    for path in files(root, *CODE):
        length = read(root, path).count("\n")
        (tests if is_test(path) else product).append(length)
        if length > LONGEST and path not in ALLOWED:
            problems.append(Problem(path, LONGEST, f"{length} lines, at most {LONGEST}: split it by noun"))
    for name, lengths in (("product", product), ("test", tests)):
        if lengths and (median := statistics.median(lengths)) >= MEDIAN:
            problems.append(Problem("src", 1, f"the median {name} file has {median:.0f} lines, less than {MEDIAN} wanted"))
    return problems
