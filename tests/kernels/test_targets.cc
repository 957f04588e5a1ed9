#define BOOST_TEST_MODULE targets
#include "kernels/targets.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace surplus {
namespace {

BOOST_AUTO_TEST_CASE(every_named_target_can_be_forced_and_is_then_the_one_that_runs) {
  BOOST_TEST_REQUIRE(kernels::target_count() >= 1u);
  for (std::size_t i = 0; i < kernels::target_count(); ++i) {
    BOOST_TEST(kernels::force_target(kernels::target_name(i)));
    BOOST_TEST(std::string(kernels::active_target()) == kernels::target_name(i));
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
