#define BOOST_TEST_MODULE targets
#include "kernels/targets.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <set>
#include <string>

#include "kernels/probe.h"

namespace surplus {
namespace {

// The lanes of float that a dispatched kernel works with, from the flops of one step of 12 chains.
std::size_t lanes_in_use() {
  float end = 0;
  return kernels::multiply_add_chains(1, 0.5f, 0.5f, &end) / 24;
}

std::size_t lanes_of(const std::string& target) {
  return target == "AVX3" ? 16 : target == "AVX2" ? 8 : target == "SCALAR" ? 1 : 0;
}

// Also what the test below runs in processes of its own, with the variable set.
BOOST_AUTO_TEST_CASE(dispatched_kernels_run_on_the_target_of_the_environment_and_else_on_the_best) {
  const char* const asked = std::getenv("SURPLUS_TARGET");
  std::string target = kernels::target_name(0);
  if (asked != nullptr && kernels::rejected_environment_target() == nullptr) target = asked;
  for (char& c : target) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  BOOST_TEST(std::string(kernels::active_target()) == target);
  BOOST_TEST(lanes_in_use() == lanes_of(target));
}

BOOST_AUTO_TEST_CASE(the_environment_chooses_the_target_of_a_whole_process) {
  const std::string program = boost::unit_test::framework::master_test_suite().argv[0];
  const auto run = [&](const std::string& target) {
    return std::system(("SURPLUS_TARGET=" + target + " '" + program +
                        "' --run_test='dispatched_kernels_run_on*' --log_level=nothing "
                        "--report_level=no")
                           .c_str());
  };
  for (std::size_t i = 0; i < kernels::target_count(); ++i) {
    BOOST_TEST(run(kernels::target_name(i)) == 0);
  }
  BOOST_TEST(run("scalar") == 0);
  BOOST_TEST(run("AVX9") == 0);
}

BOOST_AUTO_TEST_CASE(a_target_may_be_named_in_lower_case) {
  BOOST_TEST(kernels::force_target("scalar"));
  BOOST_TEST(std::string(kernels::active_target()) == "SCALAR");
  BOOST_TEST(lanes_in_use() == 1u);
  BOOST_TEST(!kernels::force_target("SCALA"));
  BOOST_TEST(!kernels::force_target("SCALARS"));
  BOOST_TEST(!kernels::force_target(""));
  kernels::force_target(nullptr);
}

BOOST_AUTO_TEST_CASE(what_runs_here_is_compiled_and_the_fallback_is_always_compiled) {
  std::set<std::string> compiled;
  for (std::size_t i = 0; kernels::compiled_target_name(i) != nullptr; ++i) {
    BOOST_TEST(compiled.insert(kernels::compiled_target_name(i)).second);
  }
  BOOST_TEST(compiled.contains("SCALAR"));
  for (std::size_t i = 0; i < kernels::target_count(); ++i) {
    BOOST_TEST(compiled.contains(kernels::target_name(i)));
  }
}

BOOST_AUTO_TEST_CASE(every_named_target_can_be_forced_and_is_then_the_one_that_runs) {
  BOOST_TEST_REQUIRE(kernels::target_count() >= 1u);
  for (std::size_t i = 0; i < kernels::target_count(); ++i) {
    BOOST_TEST(kernels::force_target(kernels::target_name(i)));
    BOOST_TEST(std::string(kernels::active_target()) == kernels::target_name(i));
    BOOST_TEST(lanes_in_use() == lanes_of(kernels::target_name(i)));
  }
  BOOST_TEST(kernels::force_target(nullptr));
  BOOST_TEST(std::string(kernels::active_target()) == kernels::target_name(0));
}

BOOST_AUTO_TEST_CASE(an_unknown_target_is_refused_and_changes_nothing) {
  const std::string before = kernels::active_target();
  BOOST_TEST(!kernels::force_target("AVX9"));
  BOOST_TEST(std::string(kernels::active_target()) == before);
  BOOST_TEST(kernels::target_name(kernels::target_count()) == nullptr);
}

}  // namespace
}  // namespace surplus
