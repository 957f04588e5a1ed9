#define BOOST_TEST_MODULE labels
#include "surplus/data/labels.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "surplus/core/errors.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

BOOST_AUTO_TEST_CASE(labels_are_counted_and_absent_classes_too) {
  const std::size_t labels[] = {2, 0, 2, 2};
  BOOST_TEST((class_counts(labels, 4) == std::vector<std::size_t>{1, 0, 3, 0}));
  BOOST_TEST((class_counts({}, 2) == std::vector<std::size_t>{0, 0}));
}

BOOST_AUTO_TEST_CASE(random_labels_are_uniform_and_follow_the_seed) {
  Rng rng(5), again(5);
  const std::size_t n = 100000;
  const std::vector<std::size_t> labels = random_labels(n, 10, rng);
  BOOST_TEST((random_labels(n, 10, again) == labels));
  BOOST_TEST((random_labels(n, 10, again) != labels));
  // Five standard deviations of a binomial count.
  for (const std::size_t count : class_counts(labels, 10)) {
    BOOST_TEST(std::abs(static_cast<double>(count) - 1e4) < 5 * std::sqrt(1e5 * 0.1 * 0.9));
  }
  BOOST_TEST((random_labels(3, 1, rng) == std::vector<std::size_t>{0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(classes_that_are_not_there_are_refused) {
  const std::size_t labels[] = {0, 3};
  Rng rng(1);
  BOOST_CHECK_EXCEPTION(class_counts(labels, 3), ArgumentError,
                        says("class_counts: a label must be below the number of classes; got label "
                             "3, classes 3"));
  BOOST_CHECK_EXCEPTION(random_labels(2, 0, rng), ArgumentError,
                        says("random_labels: classes must be at least 1; got classes 0"));
}

}  // namespace
}  // namespace surplus
