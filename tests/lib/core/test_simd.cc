#define BOOST_TEST_MODULE simd
#include "surplus/core/simd.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "kernels/targets.h"

namespace surplus {
namespace {

BOOST_AUTO_TEST_CASE(the_target_is_the_one_the_kernels_run_on) {
  for (std::size_t i = 0; i < kernels::target_count(); ++i) {
    BOOST_TEST_REQUIRE(kernels::force_target(kernels::target_name(i)));
    BOOST_TEST(simd_target() == kernels::target_name(i));
  }
  kernels::force_target(nullptr);
}

}  // namespace
}  // namespace surplus
