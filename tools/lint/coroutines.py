"""What g++ 12 compiles wrongly or cannot use inside coroutines (docs/adr): a lambda that captures, or a conditional
expression, in a co_await expression; and TRY, which returns where a coroutine must co_return."""

import re

from tree import Problem, files, line_of, read, without_comments

AWAIT = re.compile(r"\bco_await\b")
CAPTURING_LAMBDA = re.compile(r"(?<![\w\])])\[[^\]\[]+\]\s*(?:\([^)]*\)\s*)?(?:mutable\b|noexcept\b|->|\{)")
COROUTINE_WORD = re.compile(r"\bco_(await|return|yield)\b")
FUNCTION = re.compile(r"\b(?:Task|task)(?:<[^;{}()]*>)?\s+[\w:]+\s*\([^;{}]*\)\s*(?:const\s*)?(?:noexcept\s*)?\{")


def expression_end(code, start):
    """Where the full expression that begins at `start` ends: its semicolon, or the bracket that closes around it."""
    depth = 0
    for i in range(start, len(code)):
        if code[i] in "([{":
            depth += 1
        elif code[i] in ")]}":
            depth -= 1
            if depth < 0:
                return i
        elif code[i] == ";" and depth == 0:
            return i
    return len(code)


def statement_start(code, at):
    return max(code.rfind(c, 0, at) for c in ";{}") + 1


def has_conditional(expression):
    return "?" in re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', "", expression)


def body_end(code, opening):
    depth = 0
    for i in range(opening, len(code)):
        depth += {"{": 1, "}": -1}.get(code[i], 0)
        if depth == 0:
            return i
    return len(code)


def check(root):
    problems = []
    for path in files(root, ".h", ".cc", under="src"):
        code = without_comments(read(root, path))
        for match in AWAIT.finditer(code):
            line = line_of(code, match.start())
            whole = code[statement_start(code, match.start()):expression_end(code, match.end())]
            after = code[match.end():expression_end(code, match.end())]
            if CAPTURING_LAMBDA.search(after):
                problems.append(Problem(path, line, "name the lambda before the co_await (g++ 12 destroys it twice)"))
            if has_conditional(whole):
                problems.append(Problem(path, line, "no ?: around co_await (g++ 12 uses temporaries after their end)"))
        for match in FUNCTION.finditer(code):
            body = code[match.end() - 1:body_end(code, match.end() - 1)]
            if COROUTINE_WORD.search(body):
                for use in re.finditer(r"\bTRY\(", body):
                    problems.append(Problem(path, line_of(code, match.end() - 1 + use.start()),
                                            "TRY returns: a coroutine must co_return"))
    return problems
