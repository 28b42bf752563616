#include "python/negotiate.h"

#include <gtest/gtest.h>

namespace granary::python {
namespace {

struct Row {
  const char* accept;
  SimpleForm form;
};
constexpr auto kJson = SimpleForm::json;
constexpr auto kHtmlV1 = SimpleForm::html_v1;
constexpr auto kHtml = SimpleForm::html;

TEST(SimpleNegotiation, FollowsTheAcceptHeader) {
  for (const auto& [accept, form] : {
           Row{"application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; "
               "q=0.01",
               kJson},
           Row{"application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
               "text/html;q=0.01",
               kJson},
           Row{"application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.1", kJson},
           Row{"", kHtml},
           Row{"*/*", kHtml},
           Row{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", kHtml},
           Row{"application/vnd.pypi.simple.v1+json", kJson},
           Row{"APPLICATION/VND.PYPI.SIMPLE.V1+JSON", kJson},
           Row{"application/vnd.pypi.simple.latest+json", kJson},
           Row{"application/vnd.pypi.simple.latest+html", kHtmlV1},
           Row{"application/vnd.pypi.simple.v1+html", kHtmlV1},
           Row{"application/vnd.pypi.simple.v1+json;q=0.1, text/html;q=0.5", kHtml},
           Row{"application/vnd.pypi.simple.v1+json;q=0.001, text/html;q=0", kJson},
           Row{"application/vnd.pypi.simple.v1+json;q=0, */*", kHtml},
           Row{"text/html, application/vnd.pypi.simple.v1+json", kJson},
           Row{"application/vnd.pypi.simple.v1+json, */*", kJson},
           Row{"*/*;q=0.1, application/vnd.pypi.simple.v1+html;q=0.9", kHtmlV1},
           Row{"text/*", kHtml},
           Row{"application/*;q=0.5", kJson},
           Row{"image/png", kHtml},
           Row{"application/json", kHtml},
           Row{";;;,,,q=", kHtml},
           Row{"text/html;q=abc", kHtml},
       })
    EXPECT_EQ(negotiate(accept), form) << accept;
}

TEST(SimpleNegotiation, AnswersWithConcreteTypes) {
  EXPECT_EQ(content_type_of(kJson), "application/vnd.pypi.simple.v1+json");
  EXPECT_EQ(content_type_of(kHtmlV1), "application/vnd.pypi.simple.v1+html; charset=utf-8");
  EXPECT_EQ(content_type_of(kHtml), "text/html; charset=utf-8");
}

TEST(SimpleNegotiation, TakesTheFormOfTheQueryToo) {
  EXPECT_EQ(parse_format("application/vnd.pypi.simple.v1+json").value(), kJson);
  EXPECT_EQ(parse_format("application/vnd.pypi.simple.latest json").value(), kJson);
  EXPECT_EQ(parse_format("text/html").value(), kHtml);
  EXPECT_EQ(parse_format("xml").error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace granary::python
