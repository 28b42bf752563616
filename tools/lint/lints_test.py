"""Each lint finds what it is for, and stays silent about its neighbour."""

import pathlib
import tempfile
import unittest

import coroutines
import file_length
import layers
import log_style
import registered
import tree
import words

LAYERS = "7: app\n3: catalog auth\n2: db http\n0: base\n"


class LintTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("src/layers.txt", LAYERS)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def found(self, lint):
        return [(p.path, p.line) for p in lint.check(self.root)]


class LayersTest(LintTest):
    def test_an_include_that_points_down_is_right(self):
        self.write("src/catalog/a.cc", '#include "db/x.h"\n#include "catalog/a.h"\n#include <vector>\n')
        self.assertEqual(self.found(layers), [])

    def test_an_include_that_points_up_is_wrong(self):
        self.write("src/base/a.cc", '\n#include "db/x.h"\n')
        self.assertEqual(self.found(layers), [("src/base/a.cc", 2)])

    def test_an_include_that_points_sideways_is_wrong(self):
        self.write("src/catalog/a.h", '#include "auth/x.h"\n')
        self.assertEqual(self.found(layers), [("src/catalog/a.h", 1)])

    def test_an_include_in_a_comment_is_no_include(self):
        self.write("src/base/a.cc", '/*\n#include "db/x.h"\n*/\n')
        self.assertEqual(self.found(layers), [])

    def test_a_component_without_a_level_is_wrong(self):
        self.write("src/stray/a.cc", "\n")
        self.assertEqual(self.found(layers), [("src/stray/a.cc", 1)])

    def test_a_library_has_one_owner(self):
        self.write("src/db/a.cc", "#include <sqlite3.h>\n")
        self.write("src/auth/a.cc", "#include <sqlite3.h>\n")
        self.assertEqual(self.found(layers), [("src/auth/a.cc", 1)])

    def test_only_tests_include_testing(self):
        self.write("src/auth/a.cc", '#include "db/testing/fake.h"\n')
        self.write("src/auth/a_test.cc", '#include "db/testing/fake.h"\n')
        self.write("src/auth/testing/b.h", '#include "db/testing/fake.h"\n')
        self.assertEqual(self.found(layers), [("src/auth/a.cc", 1)])

    def test_only_app_reads_the_environment(self):
        self.write("src/app/a.cc", 'auto x = std::getenv("X");\n')
        self.write("src/auth/a.cc", 'auto x = std::getenv("X");\n')
        self.write("src/auth/a_test.cc", 'auto x = std::getenv("X");\n')
        self.assertEqual(self.found(layers), [("src/auth/a.cc", 1)])

    def test_processes_are_started_in_one_place(self):
        self.write("src/db/a.cc", "void f() { fork(); }\nvoid g(P p) { p.system(1); }\n")
        self.write("src/base/subprocess.cc", "void f() { fork(); }\n")
        self.assertEqual(self.found(layers), [("src/db/a.cc", 1)])


class FileLengthTest(LintTest):
    def test_a_file_of_800_lines_is_right_and_one_more_is_wrong(self):
        for i in range(3):
            self.write(f"src/db/short{i}.cc", "x\n")
        self.write("src/db/a.cc", "x\n" * 800)
        self.write("src/db/b.cc", "x\n" * 801)
        self.assertEqual(self.found(file_length), [("src/db/b.cc", 800)])

    def test_the_median_counts(self):
        for i in range(3):
            self.write(f"src/db/a{i}.cc", "x\n" * 130)
        self.assertEqual(len(self.found(file_length)), 1)

    def test_builds_are_not_read(self):
        self.write("build/dev/a.cc", "x\n" * 900)
        self.assertEqual(self.found(file_length), [])


class LogStyleTest(LintTest):
    def lint_of(self, line):
        self.write("src/db/a.cc", line + "\n")
        return len(self.found(log_style))

    def test_messages_are_lower_case_without_a_full_stop(self):
        self.assertEqual(self.lint_of('ctx.log().info("listening");'), 0)
        self.assertEqual(self.lint_of('ctx.log().info("Listening");'), 1)
        self.assertEqual(self.lint_of('log_.warn("slow.");'), 1)

    def test_error_logs_say_what_failed(self):
        self.assertEqual(self.lint_of('logger.error("failed to open the database");'), 0)
        self.assertEqual(self.lint_of('logger.failed("cannot open the database", error);'), 0)
        self.assertEqual(self.lint_of('logger.error("database trouble");'), 1)

    def test_error_messages_are_lower_case_without_a_full_stop(self):
        self.assertEqual(self.lint_of('return fail(Errc::not_found, "no such file");'), 0)
        self.assertEqual(self.lint_of('return fail(Errc::not_found, "No such file");'), 1)
        self.assertEqual(self.lint_of('return fail(Errc::not_found,\n  fmt::format("no {}.", x));'), 1)

    def test_a_message_may_begin_with_a_name(self):
        self.assertEqual(self.lint_of('return fail(Errc::corrupt, "DESCRIPTION has no Version");'), 0)
        self.assertEqual(self.lint_of('return fail(Errc::corrupt, "Content-Length is twice there");'), 0)

    def test_tests_may_say_what_they_like(self):
        self.write("src/db/a_test.cc", 'log.info("Hello.");\n')
        self.assertEqual(self.found(log_style), [])


class WordsTest(LintTest):
    def test_work_left_behind_is_found(self):
        self.write("src/db/a.cc", "// " + "TO" + "DO: later\n")
        self.assertEqual(self.found(words), [("src/db/a.cc", 1)])

    def test_a_path_of_one_machine_is_found(self):
        self.write("docs/a.md", "x\nsee /ho" + "me/me/x\n")
        self.assertEqual(self.found(words), [("docs/a.md", 2)])

    def test_the_address_of_a_registry_is_found(self):
        self.write("tools/a.sh", "curl https://files.python" + "hosted.org/x\n")
        self.assertEqual(self.found(words), [("tools/a.sh", 1)])

    def test_a_drawer_is_found(self):
        self.write("src/db/ut" + "ils.h", "\n")
        self.assertEqual(len(self.found(words)), 1)

    def test_ordinary_words_pass(self):
        self.write("src/db/a.cc", "// works on /var/lib/x and on network/roots\n")
        self.assertEqual(self.found(words), [])


class RegisteredTest(LintTest):
    def test_a_source_that_is_not_built_is_found(self):
        self.write("src/db/CMakeLists.txt", "granary_component(NAME db SOURCES a.cc TESTS testing/b.cc)  # c_test.cc\n")
        for name in ("a.cc", "testing/b.cc", "c_test.cc"):
            self.write(f"src/db/{name}", "\n")
        self.assertEqual(self.found(registered), [("src/db/c_test.cc", 1)])

    def test_a_fuzz_target_that_is_not_built_is_found(self):
        self.write("fuzz/CMakeLists.txt", "granary_fuzz(NAME x SOURCES x_fuzz.cc DEPS r)\n")
        self.write("fuzz/x_fuzz.cc", "\n")
        self.write("fuzz/y_fuzz.cc", "\n")
        self.assertEqual(self.found(registered), [("fuzz/y_fuzz.cc", 1)])


class CoroutinesTest(LintTest):
    def lint_of(self, code):
        self.write("src/http/a.cc", code + "\n")
        return len(self.found(coroutines))

    def test_a_capturing_lambda_in_a_co_await_is_found(self):
        self.assertEqual(self.lint_of("co_await run([x] { return x; });"), 1)
        self.assertEqual(self.lint_of("co_await run([&](int a) mutable { return a; });"), 1)
        self.assertEqual(self.lint_of("auto f = [x] { return x; };\nco_await run(f);"), 0)
        self.assertEqual(self.lint_of("co_await run(table[i]);"), 0)

    def test_a_conditional_in_a_co_await_is_found(self):
        self.assertEqual(self.lint_of("co_await (c ? f(a) : f(b));"), 1)
        self.assertEqual(self.lint_of("auto x = c ? co_await f(a) : 1;"), 1)
        self.assertEqual(self.lint_of("auto x = c ? 1 : 2; co_await f(x);"), 0)
        self.assertEqual(self.lint_of('co_await f("why?");'), 0)

    def test_try_in_a_coroutine_is_found(self):
        self.assertEqual(self.lint_of("Task<int> f(int a) {\n  auto x = TRY(g(a));\n  co_return x;\n}"), 1)
        self.assertEqual(self.lint_of("Result<int> f(int a) {\n  return TRY(g(a));\n}"), 0)


class TreeTest(unittest.TestCase):
    def test_comments_go_and_strings_stay(self):
        source = 'a /* x\n y */ b // c\n"// d" \'"\' 1\'000 R"(//e)" f'
        self.assertEqual(tree.without_comments(source), 'a \n b \n"// d" \'"\' 1\'000 R"(//e)" f')


if __name__ == "__main__":
    unittest.main()
