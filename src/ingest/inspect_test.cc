#include "ingest/inspect.h"

#include "ingest/testing/world.h"

namespace granary::ingest {
namespace {

using archive::build_tar_gz;
using archive::build_zip;

Result<Inspected> look(const Package& package) {
  const MemorySource bytes(package.bytes);
  return inspect(test_context(), package.filename, bytes);
}

/// The message of the refusal; a refusal without a hint is a failure of the test.
std::string refusal(const Package& package) {
  const auto got = look(package);
  if (got) return "taken";
  EXPECT_FALSE(got.error().hint().empty()) << got.error().message();
  return got.error().message();
}

Package renamed(Package package, std::string name) {
  package.filename = std::move(name);
  return package;
}

Package r_with(const std::string& description) {
  return {"pkg_1.0.tar.gz", build_tar_gz({{.path = "pkg/DESCRIPTION", .bytes = description}})};
}

TEST(Inspect, TellsAnRSourcePackage) {
  const auto got = look(r_package("data.table", "1.14-2")).value();
  EXPECT_EQ(got.kind, model::FileKind::r_source);
  EXPECT_EQ(got.package, "data.table");
  EXPECT_EQ(got.version, "1.14-2");
  EXPECT_EQ(got.metadata, "Package: data.table\nVersion: 1.14-2\nTitle: T\n");
  EXPECT_TRUE(got.warnings.empty());
}

TEST(Inspect, TellsAWheel) {
  const auto got =
      look(wheel("Foo_Bar-1.0rc1", metadata("Foo.Bar", "1.0.RC1", "Requires-Python: >=3.9\n"))).value();
  EXPECT_EQ(got.kind, model::FileKind::wheel);
  EXPECT_EQ(got.package, "foo-bar");
  EXPECT_EQ(got.name, "Foo.Bar");
  EXPECT_EQ(got.version, "1.0rc1");
  EXPECT_EQ(got.requires_python, ">=3.9");
}

TEST(Inspect, TellsAnSdist) {
  const auto got = look(sdist("foo_bar", "2.0")).value();
  EXPECT_EQ(got.kind, model::FileKind::sdist);
  EXPECT_EQ(got.package, "foo-bar");
  const auto zip =
      look({"foo-1.0.zip", build_zip({{.path = "foo-1.0/PKG-INFO", .bytes = metadata("foo", "1.0")}})});
  EXPECT_EQ(zip.value().kind, model::FileKind::sdist);
  EXPECT_EQ(zip->warnings.size(), 1U);
}

TEST(Inspect, AnSdistWithAFileCalledDescriptionIsAnSdist) {
  const Package package{"foo-1.0.tar.gz",
                        build_tar_gz({{.path = "foo-1.0/DESCRIPTION", .bytes = "What it does.\n"},
                                      {.path = "foo-1.0/PKG-INFO", .bytes = metadata("foo", "1.0")}})};
  EXPECT_EQ(look(package).value().kind, model::FileKind::sdist);
}

TEST(Inspect, ALatin1DescriptionIsTakenAsItIs) {
  const auto got = look(r_with("Package: pkg\nVersion: 1.0\nEncoding: latin1\nAuthor: Ren\xe9\n")).value();
  EXPECT_NE(got.metadata.find("Ren\xe9"), std::string::npos);
  EXPECT_TRUE(got.warnings.empty());
  EXPECT_EQ(look(r_with("Package: pkg\nVersion: 1.0\nAuthor: Ren\xe9\n")).value().warnings.size(), 1U);
}

TEST(Inspect, ARenamedRPackageIsRefused) {
  EXPECT_EQ(refusal(renamed(r_package("pkg", "1.0"), "pkg_1.1.tar.gz")),
            "the file is named 'pkg_1.1.tar.gz', but its DESCRIPTION says package 'pkg' version '1.0'");
  EXPECT_EQ(refusal(renamed(r_package("pkg", "1.0"), "gkp_1.0.tar.gz")),
            "the file is named 'gkp_1.0.tar.gz', but its DESCRIPTION says package 'pkg' version '1.0'");
}

TEST(Inspect, AFolderOfAnotherNameIsRefused) {
  EXPECT_EQ(refusal({"pkg_1.0.tar.gz",
                     build_tar_gz({{.path = "other/DESCRIPTION", .bytes = "Package: pkg\nVersion: 1.0\n"}})}),
            "the archive's folder is 'other', but its DESCRIPTION says package 'pkg'");
}

TEST(Inspect, SomethingBesideTheFolderIsRefused) {
  EXPECT_EQ(refusal({"pkg_1.0.tar.gz",
                     build_tar_gz({{.path = "pkg/DESCRIPTION", .bytes = "Package: pkg\nVersion: 1.0\n"},
                                   {.path = "evil.R", .bytes = "x"}})}),
            "the archive holds 'evil.R' beside the folder 'pkg'");
}

TEST(Inspect, AMissingDescriptionIsRefused) {
  EXPECT_EQ(refusal({"pkg_1.0.tar.gz", build_tar_gz({{.path = "pkg/R/a.R", .bytes = "x"}})}),
            "the archive has no 'pkg/DESCRIPTION'; at its top is 'pkg'");
  EXPECT_EQ(refusal({"foo-1.0.tar.gz", build_tar_gz({{.path = "foo-1.0/setup.py", .bytes = "x"}})}),
            "the archive is no R source package (no DESCRIPTION in its folder), no sdist (no PKG-INFO in its "
            "folder); at "
            "its top is 'foo-1.0'");
}

TEST(Inspect, AnOversizedDescriptionIsTooLarge) {
  const auto got = look(r_with("Package: pkg\nVersion: 1.0\nDescription: " + std::string(5 << 20, 'x')));
  EXPECT_EQ(got.error().code(), Errc::too_large);
  EXPECT_EQ(
      look(r_with("Package: pkg\nVersion: 1.0\nDescription: " + std::string(2 << 20, 'x'))).error().code(),
      Errc::too_large);
}

TEST(Inspect, ABinaryRPackageIsRefused) {
  EXPECT_EQ(
      refusal(r_with("Package: pkg\nVersion: 1.0\nBuilt: R 4.2.2; ; 2024-01-01; unix\n")),
      "the package was built already (R 4.2.2; ; 2024-01-01; unix): a source repository does not take binary "
      "packages");
  EXPECT_EQ(refusal({"pkg_1.0.zip",
                     build_zip({{.path = "pkg/DESCRIPTION", .bytes = "Package: pkg\nVersion: 1.0\n"}})}),
            "'pkg_1.0.zip' is a binary R package, which a source repository does not take");
  EXPECT_EQ(refusal(renamed(r_package("pkg", "1.0"), "pkg_1.0.tgz")),
            "'pkg_1.0.tgz' is a binary R package, which a source repository does not take");
}

TEST(Inspect, TruncatedFilesAreCorrupt) {
  for (auto package : {r_package("pkg", "1.0"), simple_wheel("foo", "1.0"), sdist("foo", "1.0")}) {
    package.bytes.resize(package.bytes.size() / 2);
    EXPECT_EQ(look(package).error().code(), Errc::corrupt) << package.filename;
  }
}

TEST(Inspect, AWheelWhoseMetadataDisagreesIsRefused) {
  EXPECT_EQ(refusal(wheel("foo-1.0", metadata("bar", "1.0"))),
            "the file is named 'foo-1.0-py3-none-any.whl', but its metadata says name 'bar' version '1.0'");
  EXPECT_EQ(refusal(wheel("foo-1.0", metadata("foo", "1.1"))),
            "the file is named 'foo-1.0-py3-none-any.whl', but its metadata says name 'foo' version '1.1'");
  EXPECT_EQ(refusal(renamed(simple_wheel("foo", "1.0"), "foo-2.0-py3-none-any.whl")),
            "the wheel is named 'foo-2.0-py3-none-any.whl', but its metadata lies in 'foo-1.0.dist-info'");
}

TEST(Inspect, AWheelThatIsNotWholeIsRefused) {
  const std::string name = "foo-1.0-py3-none-any.whl";
  const archive::BuildEntry text{.path = "foo-1.0.dist-info/METADATA", .bytes = metadata("foo", "1.0")};
  const archive::BuildEntry tags{.path = "foo-1.0.dist-info/WHEEL", .bytes = "Wheel-Version: 1.0\n"};
  const archive::BuildEntry record{.path = "foo-1.0.dist-info/RECORD"};
  EXPECT_EQ(refusal({name, build_zip({tags, record})}), "the wheel has no 'foo-1.0.dist-info/METADATA'");
  EXPECT_EQ(refusal({name, build_zip({text, record})}), "the wheel has no 'foo-1.0.dist-info/WHEEL'");
  EXPECT_EQ(refusal({name, build_zip({text, tags})}), "the wheel has no 'foo-1.0.dist-info/RECORD'");
  EXPECT_EQ(refusal({name, build_zip({{.path = "foo.py", .bytes = "x"}})}),
            "the wheel has no .dist-info folder");
  EXPECT_EQ(
      refusal({name, build_zip({text, tags, record, {.path = "bar-1.0.dist-info/METADATA", .bytes = "x"}})}),
      "the wheel has more than one .dist-info folder: 'foo-1.0.dist-info' and 'bar-1.0.dist-info'");
}

TEST(Inspect, ContentThatIsNotWhatTheNameSaysIsRefused) {
  EXPECT_EQ(refusal(renamed(sdist("foo", "1.0"), "foo-1.0-py3-none-any.whl")),
            "'foo-1.0-py3-none-any.whl' is named like a wheel, but is a gzipped tar");
  EXPECT_EQ(refusal(renamed(simple_wheel("foo", "1.0"), "foo_1.0.tar.gz")),
            "'foo_1.0.tar.gz' is named like a gzipped tar, but is a zip archive");
  EXPECT_EQ(refusal(renamed(simple_wheel("foo", "1.0"), "foo-1.0.zip")),
            "'foo-1.0.zip' is a wheel, but its name does not end in .whl");
  EXPECT_EQ(refusal({"foo-1.0.tar.gz", "<html>not found</html>"}),
            "the file is neither a gzipped tar nor a zip archive");
  EXPECT_EQ(refusal({"foo-1.0.tar.gz", ""}), "the file is empty");
}

TEST(Inspect, AnSdistWhosePartsDisagreeIsRefused) {
  EXPECT_EQ(refusal({"foo-1.0.tar.gz",
                     build_tar_gz({{.path = "bar-1.0/PKG-INFO", .bytes = metadata("foo", "1.0")}})}),
            "the sdist is named 'foo-1.0.tar.gz', but its folder is 'bar-1.0'");
  EXPECT_NE(refusal({"foo-1.0.tar.gz",
                     build_tar_gz({{.path = "foo-1.0/PKG-INFO", .bytes = metadata("bar", "1.0")}})}),
            "taken");
  EXPECT_NE(refusal(renamed(sdist("foo", "1.0"), "foo-1.1.tar.gz")), "taken");
}

TEST(Inspect, NamesThatAreNoFileNamesAreRefused) {
  for (const auto* name :
       {"", "../foo_1.0.tar.gz", "a/b_1.0.tar.gz", "a\\b.whl", ".hidden", "a b.whl", "a\nb.whl"}) {
    EXPECT_NE(refusal(renamed(r_package("pkg", "1.0"), name)), "taken") << name;
  }
  EXPECT_NE(refusal(renamed(r_package("pkg", "1.0"), std::string(300, 'a'))), "taken");
}

TEST(Claims, AgreeInSpiritOrAreRefused) {
  const auto file =
      look(wheel("foo_bar-1.0", metadata("foo-bar", "1.0", "Requires-Python: >=3.9, <4\n"))).value();
  EXPECT_TRUE(check_claims(file, "Foo.Bar", "1.0.0", ">=3.9,<4"));
  EXPECT_TRUE(check_claims(file, std::nullopt, std::nullopt, ""));
  EXPECT_EQ(check_claims(file, "foo", {}, {}).error().message(),
            "the upload says name 'foo', but the file says 'foo-bar'");
  EXPECT_FALSE(check_claims(file, {}, "1.1", {}));
  EXPECT_FALSE(check_claims(file, {}, {}, ">=3.8"));
  const auto r = look(r_package("pkg", "1.0-1")).value();
  EXPECT_TRUE(check_claims(r, "pkg", "1.0-1", {}));
  EXPECT_FALSE(check_claims(r, "Pkg", {}, {}));
}

}  // namespace
}  // namespace granary::ingest
