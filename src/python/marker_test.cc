#include "python/marker.h"

#include <gtest/gtest.h>

namespace granary::python {
namespace {

const MarkerEnvironment kLinux = {{"python_version", "3.11"},
                                  {"sys_platform", "linux"},
                                  {"platform_system", "Linux"},
                                  {"os_name", "posix"},
                                  {"platform_machine", "x86_64"},
                                  {"implementation_name", "cpython"},
                                  {"platform_python_implementation", "CPython"}};

TEST(Marker, HoldsAsPep508SaysWhereEverythingIsKnown) {
  struct Case {
    const char *marker, *extra;
    bool holds;
  };
  for (const auto& one : std::initializer_list<Case>{
           {"", "", true},
           {"python_version < '3.8'", "", false},
           {"python_version >= \"3.8\"", "", true},
           {"python_version<'3.9'", "", false},
           {"'3.9' < python_version", "", true},
           {"python_version == '3.11.*'", "", true},
           {"python_version ~= '3.9'", "", true},
           {"python_version in '2.7, 3.11'", "", true},
           {"python_version not in '2.7, 3.11'", "", false},
           {"sys_platform == 'win32'", "", false},
           {"sys_platform != 'win32'", "", true},
           {"sys.platform == 'linux'", "", true},
           {"'linux' in sys_platform", "", true},
           {"platform_python_implementation == 'PyPy' or os_name == 'posix'", "", true},
           {"python_implementation == 'CPython'", "", true},
           {"os_name == 'nt' and (python_version < '3' or sys_platform == 'linux')", "", false},
           {"(os_name == 'nt' and python_version < '3') or sys_platform == 'linux'", "", true},
           {"os_name == 'posix' or os_name == 'nt' and python_version < '3'", "", true},
           {"extra == 'socks'", "", false},
           {"extra == 'socks'", "socks", true},
           {"extra == 'My_X'", "my-x", true},
           {"'my.x' == extra", "my-x", true},
           {"extra == 'a' or extra == 'b'", "b", true},
           {"extra == 'socks' and python_version < '3'", "socks", false}})
    EXPECT_EQ(holds(one.marker, kLinux, one.extra), one.holds ? Holds::yes : Holds::no) << one.marker;
}

TEST(Marker, PerhapsHoldsWhereWhatItNeedsIsNotKnown) {
  const MarkerEnvironment none;
  EXPECT_EQ(holds("python_version < '3.8'", none, ""), Holds::perhaps);
  EXPECT_EQ(holds("python_full_version < '3.11.4'", kLinux, ""), Holds::perhaps);
  EXPECT_EQ(holds("platform_release >= '20'", kLinux, ""), Holds::perhaps);
  EXPECT_EQ(holds("python_version < '3.8' and extra == 'x'", none, ""), Holds::no) << "whatever it is";
  EXPECT_EQ(holds("python_version < '3.8' or sys_platform == 'linux'", kLinux, ""), Holds::yes);
  EXPECT_EQ(holds("platform_version == '1' or sys_platform == 'linux'", kLinux, ""), Holds::yes);
  EXPECT_EQ(holds("platform_version == '1' and sys_platform == 'win32'", kLinux, ""), Holds::no);
}

TEST(Marker, OneThatCannotBeReadPerhapsHolds) {
  for (const auto* marker : {"nonsense", "python_version", "python_version <", "python_version < 3",
                             "os_name == 'nt", "(os_name == 'nt'", "os_name == 'nt')", "os_name == 'nt' and",
                             "os_name is 'nt'", "os_name not 'nt'", "os_name =! 'nt'", "== 'a'"})
    EXPECT_EQ(holds(marker, kLinux, ""), Holds::perhaps) << marker;
  EXPECT_EQ(holds(std::string(100'000, '(') + "os_name == 'nt'", kLinux, ""), Holds::perhaps);
}

}  // namespace
}  // namespace granary::python
