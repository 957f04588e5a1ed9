#define BOOST_TEST_MODULE kernel_profile
#include "surplus/linalg/kernel_profile.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/core/simd.h"
#include "surplus/linalg/kernel_routines.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

// Times are not looked at, so the shortest ones will do.
KernelProfileConfig tiny(const std::string& filter) {
  return {.filter = filter, .repeats = 1, .seconds = 1e-6};
}

// Limits as they might be measured, in units that make the shares easy to foresee.
MachineLimits some_limits() {
  return {.float_peak = 1e11,
          .double_peak = 5e10,
          .levels = {{"L1", std::size_t{32} << 10, 1e11, 1e11}, {"memory", 0, 1e10, 1e10}}};
}

bool is_positive(double x) { return std::isfinite(x) && x > 0; }

BOOST_AUTO_TEST_CASE(the_limits_of_the_machine_are_positive_and_end_with_the_memory) {
  const MachineLimits limits = measure_machine();
  BOOST_TEST(is_positive(limits.float_peak));
  BOOST_TEST(is_positive(limits.double_peak));
  BOOST_TEST_REQUIRE(limits.levels.size() >= 2u);
  for (const MemoryLevel& level : limits.levels) {
    BOOST_TEST_CONTEXT("level " << level.name) {
      BOOST_TEST(is_positive(level.read));
      BOOST_TEST(is_positive(level.triad));
      BOOST_TEST((level.bytes == 0) == (level.name == "memory"));
    }
  }
  BOOST_TEST(limits.levels.front().name == "L1");
  BOOST_TEST(limits.levels.back().name == "memory");
}

BOOST_AUTO_TEST_CASE(every_routine_of_the_table_has_a_row_of_its_own_and_works_twice) {
  std::set<std::string> rows;
  for (const detail::KernelRoutine& routine : detail::kernel_routines()) {
    const std::string row = routine.name + " " + routine.type + " " + routine.shape;
    BOOST_TEST_CONTEXT(row) {
      BOOST_TEST(rows.insert(row).second);
      BOOST_TEST(std::isfinite(routine.flops));
      BOOST_TEST(routine.flops >= 0);
      BOOST_TEST(is_positive(routine.bytes));
      BOOST_TEST(is_positive(routine.footprint));
      if (routine.footprint > 1 << 20) continue;  // keeps the test within seconds
      const detail::KernelCall call = routine.make();
      call();
      call();
      for (const detail::KernelRival& rival : routine.rivals) rival.make()();
    }
  }
  BOOST_TEST(rows.size() == count_kernel_routines());
}

BOOST_AUTO_TEST_CASE(rates_follow_from_the_time_of_a_call_and_the_work_it_does) {
  std::vector<std::string> seen;
  const std::vector<KernelRate> rates =
      profile_kernels(tiny("GEMM float 64 x 64 x"), some_limits(), [&](const KernelRate& rate) {
        seen.push_back(rate.routine);
        return true;
      });
  BOOST_TEST_REQUIRE(rates.size() == 1u);
  BOOST_TEST(seen == std::vector<std::string>{"gemm"}, boost::test_tools::per_element());
  const KernelRate& rate = rates.front();
  BOOST_TEST(rate.family == "products");
  BOOST_TEST(rate.type == "float");
  BOOST_TEST(rate.shape == "64 x 64 x 64");
  BOOST_TEST(rate.flops == 2.0 * 64 * 64 * 64);
  BOOST_TEST(rate.bytes == 3.0 * 64 * 64 * 4);
  BOOST_TEST_REQUIRE(is_positive(rate.seconds));
  BOOST_TEST(rate.flop_rate == rate.flops / rate.seconds, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(rate.byte_rate == rate.bytes / rate.seconds, boost::test_tools::tolerance(1e-12));
  BOOST_TEST_REQUIRE(rate.ratios.size() == 1u);
  BOOST_TEST(rate.ratios.front().rival == "OpenBLAS");
  BOOST_TEST(is_positive(rate.ratios.front().times));
  BOOST_TEST(rate.processor_share >= 0);
  BOOST_TEST(rate.processor_share <= 1);
}

BOOST_AUTO_TEST_CASE(a_low_peak_binds_and_the_share_is_of_it) {
  MachineLimits limits = some_limits();
  limits.float_peak = 1;  // flop/s
  const KernelRate rate = profile_kernels(tiny("exp float 2048"), limits).front();
  BOOST_TEST(rate.bound == "peak");
  BOOST_TEST(rate.share == rate.flop_rate, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(rate.ratios.empty());
}

BOOST_AUTO_TEST_CASE(a_high_peak_leaves_the_level_that_holds_the_operands) {
  MachineLimits limits = some_limits();
  limits.double_peak = 1e30;
  BOOST_TEST(profile_kernels(tiny("row_sum double 128 x 10"), limits).front().bound == "L1");
  BOOST_TEST(profile_kernels(tiny("row_max double 128 x 1000"), limits).back().bound == "memory");
}

BOOST_AUTO_TEST_CASE(an_observer_that_says_no_ends_the_profile) {
  std::size_t calls = 0;
  const auto rates = profile_kernels(tiny("gemm float 64 x"), some_limits(),
                                     [&](const KernelRate&) { return ++calls < 2; });
  BOOST_TEST(calls == 2u);
  BOOST_TEST(rates.size() == 2u);
}

BOOST_AUTO_TEST_CASE(two_copies_at_once_are_counted_together) {
  if (std::thread::hardware_concurrency() < 2) return;
  KernelProfileConfig config = tiny("row_sum float 128 x 10");
  config.threads = 2;
  const KernelRate rate = profile_kernels(config, some_limits()).front();
  BOOST_TEST(rate.byte_rate == 2 * rate.bytes / rate.seconds, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_rival_that_is_handed_in_appears_where_it_knows_the_type) {
  static std::size_t calls = 0;
  KernelProfileConfig config = tiny("gemm float 64 x 64 x 64");
  config.rivals = {{.name = "counting",
                    .float_gemm = [](bool, bool, std::size_t, std::size_t, std::size_t,
                                     const float*, const float*, float*) { ++calls; }}};
  const std::vector<KernelRatio> ratios = profile_kernels(config, some_limits())[0].ratios;
  BOOST_TEST_REQUIRE(ratios.size() == 2u);
  BOOST_TEST(ratios[1].rival == "counting");
  BOOST_TEST(is_positive(ratios[1].times));
  BOOST_TEST(calls > 0u);
  config.filter = "gemm double 64 x 64 x 64";
  BOOST_TEST(profile_kernels(config, some_limits())[0].ratios.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_product_that_shares_its_work_is_counted_once_and_leaves_the_threads_alone) {
  if (std::thread::hardware_concurrency() < 2) return;
  KernelProfileConfig config = tiny("matmul float 512");
  config.threads = 2;
  const std::size_t before = thread_count();
  const KernelRate rate = profile_kernels(config, some_limits()).front();
  BOOST_TEST(rate.flop_rate == rate.flops / rate.seconds, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(thread_count() == before);
}

BOOST_AUTO_TEST_CASE(the_target_in_force_is_the_one_that_is_timed) {
  for (const SimdTarget& target : simd_targets()) {
    if (!target.usable) continue;
    set_simd_target(target.name);
    BOOST_TEST(is_positive(profile_kernels(tiny("gemm float 64 x 64"), some_limits())[0].share));
    BOOST_TEST(simd_target() == target.name);
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_profiled_is_refused) {
  const std::string cores = std::to_string(std::thread::hardware_concurrency());
  for (const std::size_t threads : {std::size_t{0}, std::size_t{100000}}) {
    KernelProfileConfig config;
    config.threads = threads;
    const std::string rest =
        ": threads must be at least 1 and at most the number of cores; got threads " +
        std::to_string(threads) + ", cores " + cores;
    BOOST_CHECK_EXCEPTION(measure_machine(config), ArgumentError, says("measure_machine" + rest));
    BOOST_CHECK_EXCEPTION(profile_kernels(config, some_limits()), ArgumentError,
                          says("profile_kernels" + rest));
  }
  BOOST_CHECK_EXCEPTION(profile_kernels({.repeats = 0}, some_limits()), ArgumentError,
                        says("profile_kernels: repeats and seconds must be positive; got repeats "
                             "0, seconds 0.005"));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  BOOST_CHECK_EXCEPTION(profile_kernels({.seconds = nan}, some_limits()), ArgumentError,
                        says("profile_kernels: repeats and seconds must be positive; got repeats "
                             "9, seconds nan"));
  BOOST_CHECK_EXCEPTION(profile_kernels({}, {}), ArgumentError,
                        says("profile_kernels: the limits must be those of measure_machine; got "
                             "levels 0"));
}

BOOST_AUTO_TEST_CASE(a_filter_that_lets_nothing_through_is_refused_with_a_list_of_the_routines) {
  std::set<std::string> names;
  for (const detail::KernelRoutine& routine : detail::kernel_routines()) names.insert(routine.name);
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  BOOST_CHECK_EXCEPTION(
      profile_kernels({.filter = "gemmm"}, some_limits()), ArgumentError,
      says("profile_kernels: the filter must be part of a routine, its type and shape; routines "
           "are " +
           known + "; got filter gemmm"));
}

BOOST_AUTO_TEST_CASE(openblas_names_the_processor_it_runs_on) {
  BOOST_TEST(!openblas_core().empty());
}

}  // namespace
}  // namespace surplus
