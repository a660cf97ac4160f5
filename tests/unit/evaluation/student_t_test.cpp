#include "scar/evaluation/student_t.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scar/core/error.h"
#include "scar/core/json.h"

namespace scar::evaluation {
namespace {

TEST(StudentT, HasItsClosedFormsAtOneAndTwoDegrees) {
  const double pi = std::acos(-1.0);
  for (const double t : {-40.0, -1.0, -.2, 0.0, .001, .5, 3.0, 77.0}) {
    EXPECT_NEAR(student_t_cdf(t, 1), .5 + std::atan(t) / pi, 1e-14) << t;
    EXPECT_NEAR(student_t_cdf(t, 2), .5 + t / (2 * std::sqrt(2 + t * t)), 1e-14) << t;
  }
  EXPECT_NEAR(student_t_quantile(.975, 1), std::tan(pi * .475), 1e-11);
  EXPECT_NEAR(student_t_quantile(.975, 4), 2.7764451051977934, 1e-12);
  EXPECT_NEAR(student_t_quantile(.95, 4), 2.1318467863266495, 1e-12);
}

TEST(StudentT, QuantileIsTheInverseAndOdd) {
  for (const double freedom : {1.0, 2.0, 4.0, 33.0, 5000.0}) {
    for (const double p : {.0005, .02, .4, .51, .9, .99999}) {
      const double t = student_t_quantile(p, freedom);
      EXPECT_NEAR(student_t_cdf(t, freedom), p, 1e-13) << p << " " << freedom;
      EXPECT_NEAR(student_t_quantile(1 - p, freedom), -t, 1e-9 * std::max(1.0, std::abs(t))) << p << " " << freedom;
    }
  }
  EXPECT_EQ(student_t_quantile(.5, 3), 0);
}

TEST(StudentT, RefusesWhatHasNoMeaning) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(student_t_two_sided(infinity, 3), 0);
  EXPECT_THROW((void)student_t_two_sided(nan, 3), Error);
  EXPECT_THROW((void)student_t_two_sided(1, 0), Error);
  EXPECT_THROW((void)student_t_quantile(0, 3), Error);
  EXPECT_THROW((void)student_t_quantile(1, 3), Error);
  EXPECT_THROW((void)student_t_quantile(nan, 3), Error);
}

// Fixture of tests/reference/export_student_t.py.
TEST(StudentTReference, AgreesToTenDigits) {
  const auto document = read_json(SCAR_TEST_DATA "/evaluation/student_t.json", static_cast<int>(Code::data_unreadable));
  ASSERT_GT(document.at("quantiles").size(), 100u);
  for (const auto& entry : document.at("quantiles")) {
    const double p = entry[0].get<double>(), freedom = entry[1].get<double>(), t = entry[2].get<double>();
    EXPECT_NEAR(student_t_quantile(p, freedom), t, 1e-10 * std::max(1.0, std::abs(t))) << p << " " << freedom;
  }
  for (const auto& entry : document.at("two_sided")) {
    const double t = entry[0].get<double>(), freedom = entry[1].get<double>(), p = entry[2].get<double>();
    EXPECT_NEAR(student_t_two_sided(t, freedom), p, 1e-10 * p) << t << " " << freedom;
  }
}

}  // namespace
}  // namespace scar::evaluation
