#define BOOST_TEST_MODULE simd
#include "surplus/core/simd.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "kernels/targets.h"
#include "surplus/core/errors.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

BOOST_AUTO_TEST_CASE(the_target_is_the_one_the_kernels_run_on) {
  for (std::size_t i = 0; i < kernels::target_count(); ++i) {
    BOOST_TEST_REQUIRE(kernels::force_target(kernels::target_name(i)));
    BOOST_TEST(simd_target() == kernels::target_name(i));
  }
  kernels::force_target(nullptr);
}

BOOST_AUTO_TEST_CASE(a_target_can_be_set_by_its_name_in_upper_or_lower_case) {
  for (std::size_t i = 0; i < kernels::target_count(); ++i) {
    const std::string name = kernels::target_name(i);
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (const std::string& spelling : {name, lower}) {
      kernels::force_target(nullptr);
      set_simd_target(spelling);
      BOOST_TEST(std::string(kernels::active_target()) == name);
    }
  }
  kernels::force_target(nullptr);
}

BOOST_AUTO_TEST_CASE(a_target_that_does_not_exist_is_refused_with_a_list_of_those_that_do) {
  std::string usable = kernels::target_name(0);
  for (std::size_t i = 1; i < kernels::target_count(); ++i) {
    usable += std::string(", ") + kernels::target_name(i);
  }
  for (const std::string name : {"AVX9", ""}) {
    BOOST_CHECK_EXCEPTION(set_simd_target(name), ArgumentError,
                          tests::says("set_simd_target: the target must be one of " + usable +
                                      "; got target " + name));
  }
  BOOST_TEST(simd_target() == kernels::target_name(0));
}

BOOST_AUTO_TEST_CASE(all_compiled_targets_are_listed_with_those_that_run_here_marked) {
  std::size_t usable = 0;
  for (const SimdTarget& target : simd_targets()) {
    BOOST_TEST(target.usable == kernels::force_target(target.name.c_str()));
    usable += target.usable ? 1 : 0;
  }
  BOOST_TEST(usable == kernels::target_count());
  kernels::force_target(nullptr);
}

}  // namespace
}  // namespace surplus
