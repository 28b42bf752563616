#include "base/metrics.h"

#include <gtest/gtest.h>

namespace granary {
namespace {

TEST(MetricsTest, RendersTheExpositionFormat) {
  Metrics m;
  m.counter("ppm_x_total", "X", {{"code", "2\"00"}}).add(3);
  m.gauge("g", "G", {}, [] { return 1.5; });
  m.histogram("h", "H", {0.1, 1}).observe(0.5);
  EXPECT_EQ(m.render(),
            "# HELP ppm_x_total X\n# TYPE ppm_x_total counter\nppm_x_total{code=\"2\\\"00\"} 3\n"
            "# HELP g G\n# TYPE g gauge\ng 1.5\n"
            "# HELP h H\n# TYPE h histogram\nh_bucket{le=\"0.1\"} 0\nh_bucket{le=\"1\"} "
            "1\nh_bucket{le=\"+Inf\"} 1\n"
            "h_sum 0.5\nh_count 1\n");
}

TEST(MetricsTest, SameNameAndLabelsAreTheSameCounter) {
  Metrics m;
  EXPECT_EQ(&m.counter("a", "", {{"k", "v"}}), &m.counter("a", "", {{"k", "v"}}));
  EXPECT_NE(&m.counter("a", "", {{"k", "v"}}), &m.counter("a", "", {{"k", "w"}}));
}

}  // namespace
}  // namespace granary
