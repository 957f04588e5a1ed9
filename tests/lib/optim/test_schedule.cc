#define BOOST_TEST_MODULE schedule
#include "surplus/optim/schedule.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

BOOST_AUTO_TEST_CASE(the_rates_are_those_of_pytorch) {
  std::ifstream file(SURPLUS_GOLDEN "optim_torch.json");
  const auto json = nlohmann::json::parse(file)["schedules"];
  const std::vector<std::pair<std::string, Schedule>> schedules = {
      {"step", {.kind = ScheduleKind::kStep, .rate = 0.2, .period = 3, .factor = 0.5}},
      {"exponential", {.kind = ScheduleKind::kExponential, .rate = 0.2, .factor = 0.7}},
      {"linear", {.kind = ScheduleKind::kLinear, .rate = 0.2, .period = 9, .last = 0.01}},
      {"cosine", {.kind = ScheduleKind::kCosine, .rate = 0.2, .period = 12, .last = 0.01}},
      {"warm", {.kind = ScheduleKind::kExponential, .rate = 0.2, .factor = 0.7, .warm_up = 4}},
  };
  BOOST_TEST_REQUIRE(json.size() == schedules.size());
  for (const auto& [name, schedule] : schedules) {
    const auto rates = json[name].get<std::vector<double>>();
    BOOST_TEST_REQUIRE(rates.size() == 12u);
    for (std::size_t t = 0; t < rates.size(); ++t) {
      BOOST_TEST_CONTEXT(name << " at " << t) {
        BOOST_TEST(std::abs(rate_at(schedule, t) - rates[t]) < 1e-14);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cosine_ends_at_its_last_rate_and_stays_there) {
  const Schedule schedule = {
      .kind = ScheduleKind::kCosine, .rate = 0.5, .period = 10, .last = 0.1, .warm_up = 3};
  for (const std::size_t t : {13, 14, 23, 1000}) BOOST_TEST(rate_at(schedule, t) == 0.1);
  BOOST_TEST(rate_at(schedule, 3) == 0.5);
}

BOOST_AUTO_TEST_CASE(inverse_rates_are_those_of_stochastic_approximation) {
  // 0.6 / (t + 12) and 0.05 / sqrt(1 + t / 100).
  const Schedule inverse = {.kind = ScheduleKind::kInverse, .rate = 0.05, .period = 12};
  const Schedule root = {.kind = ScheduleKind::kInverseRoot, .rate = 0.05, .period = 100};
  for (const std::size_t t : {0, 1, 12, 1000}) {
    const auto time = static_cast<double>(t);
    BOOST_TEST(std::abs(rate_at(inverse, t) - 0.6 / (time + 12)) < 1e-16);
    BOOST_TEST(std::abs(rate_at(root, t) - 0.05 / std::sqrt(1 + time / 100)) < 1e-16);
  }
}

BOOST_AUTO_TEST_CASE(a_constant_rate_never_changes) {
  for (const std::size_t t : {0, 1, 1000}) BOOST_TEST(rate_at({.rate = 0.3}, t) == 0.3);
}

BOOST_AUTO_TEST_CASE(what_is_out_of_its_domain_is_refused_by_name) {
  const auto refused = [](const Schedule& schedule, const std::string& text) {
    BOOST_CHECK_EXCEPTION(rate_at(schedule, 0), ArgumentError, says("rate_at: " + text));
  };
  refused({.rate = -1}, "rate must be finite and at least 0; got rate -1");
  refused({.period = 0}, "period must be at least 1; got period 0");
  refused({.factor = 0}, "factor must be finite and above 0; got factor 0");
  refused({.last = std::numeric_limits<double>::infinity()},
          "last must be finite and at least 0; got last inf");
}

}  // namespace
}  // namespace surplus
