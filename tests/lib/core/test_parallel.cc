#define BOOST_TEST_MODULE parallel
#include "surplus/core/parallel.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <vector>

namespace surplus {
namespace {

BOOST_AUTO_TEST_CASE(every_task_runs_once) {
  std::vector<std::atomic<int>> runs(1000);
  parallel_for(runs.size(), [&](std::size_t i) { ++runs[i]; });
  for (const auto& count : runs) BOOST_TEST(count == 1);
  parallel_for(0, [](std::size_t) { BOOST_FAIL("no task to run"); });
}

BOOST_AUTO_TEST_CASE(chunks_cover_the_range_and_the_last_is_shorter) {
  const Chunks chunks{10, 4};
  BOOST_TEST(chunks.count() == 3u);
  BOOST_TEST(chunks.end(2) == 10u);
  BOOST_TEST((Chunks{0, 4}).count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_fold_gives_the_same_bits_with_any_number_of_threads) {
  std::vector<double> results;
  for (const std::size_t threads : {1, 2, 3, 8}) {
    set_thread_count(threads);
    BOOST_TEST(thread_count() == threads);
    double sum = 0;
    parallel_fold(
        Chunks{100003, 97}, sum,
        [](std::size_t begin, std::size_t end) {
          double partial = 0;
          for (std::size_t i = begin; i < end; ++i) partial += 1.0 / static_cast<double>(i + 1);
          return partial;
        },
        [](double& total, double partial) { total += partial; });
    results.push_back(sum);
  }
  set_thread_count(0);
  for (const double result : results) BOOST_TEST(result == results[0]);
}

BOOST_AUTO_TEST_CASE(an_exception_in_a_task_reaches_the_caller) {
  set_thread_count(2);
  BOOST_CHECK_THROW(parallel_for(100,
                                 [](std::size_t i) {
                                   if (i == 50) throw std::runtime_error("x");
                                 }),
                    std::runtime_error);
  set_thread_count(0);
}

}  // namespace
}  // namespace surplus
