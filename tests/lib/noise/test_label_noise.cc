#define BOOST_TEST_MODULE label_noise
#include "surplus/noise/label_noise.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/noise/detection.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;
using Labels = std::vector<std::size_t>;

// Balanced, n a class.
Labels balanced(std::size_t classes, std::size_t n) {
  Labels labels(classes * n);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i % classes;
  return labels;
}

// Whether a share of n is within three standard errors of a probability.
bool near(double share, double probability, std::size_t n) {
  return std::abs(share - probability) <=
         3 * std::sqrt(probability * (1 - probability) / static_cast<double>(n));
}

double share_of(const Labels& labels, const Labels& noisy, std::size_t from, std::size_t to) {
  return count_transition(labels, noisy, 10)(from, to);
}

BOOST_AUTO_TEST_CASE(symmetric_noise_makes_as_many_labels_wrong_as_it_says) {
  const Labels labels = balanced(10, 5000);
  for (const double rate : {0.0, 0.2, 0.4, 0.8, 1.0}) {
    const NoisyLabels any = symmetric_noise(labels, 10, rate, NewLabel::kAny, Rng(1));
    BOOST_TEST(near(any.wrong, rate * 0.9, labels.size()), any.wrong);
    const NoisyLabels other = symmetric_noise(labels, 10, rate, NewLabel::kOther, Rng(1));
    BOOST_TEST(other.wrong == rate, boost::test_tools::tolerance(1e-12));  // exactly ceil(r n)
    const Matrix<double> counted = count_transition(labels, other.labels, 10);
    const Matrix<double> expected = symmetric_transition(10, rate, NewLabel::kOther);
    for (std::size_t a = 0; a < 10; ++a) {
      for (std::size_t b = 0; b < 10; ++b) {
        // 100 cells: four standard errors.
        const double p = expected(a, b);
        BOOST_TEST(std::abs(counted(a, b) - p) <= 4 * std::sqrt(p * (1 - p) / 5000) + 1e-12);
      }
    }
  }
  // ceil: one of three.
  BOOST_TEST(symmetric_noise(Labels{0, 1, 1}, 2, 0.1, NewLabel::kOther, Rng(1)).wrong * 3 == 1);
}

BOOST_AUTO_TEST_CASE(cifar_maps_have_their_wrong_shares_with_and_without_cascade) {
  const Labels labels = balanced(10, 5000), map = cifar10_map();
  const NoisyLabels at_once = map_noise(labels, map, 0.4, false, Rng(1));
  BOOST_TEST(near(at_once.wrong, 0.2, labels.size()), at_once.wrong);
  BOOST_TEST(near(share_of(labels, at_once.labels, 3, 5), 0.4, 5000));
  BOOST_TEST(share_of(labels, at_once.labels, 0, 0) == 1);
  // Cats that became dogs become cats again: .4 (1 - .4) of them stay.
  const NoisyLabels cascade = map_noise(labels, map, 0.4, true, Rng(1));
  BOOST_TEST(near(cascade.wrong, 0.184, labels.size()), cascade.wrong);
  BOOST_TEST(near(share_of(labels, cascade.labels, 3, 5), 0.24, 5000));
  BOOST_TEST(near(share_of(labels, cascade.labels, 5, 3), 0.4, 5000));
  const Labels fine = balanced(100, 500);
  const Labels swaps = swap_block_map(100, 5, Rng(3));
  std::size_t moved = 0;
  for (std::size_t a = 0; a < 100; ++a) {
    BOOST_TEST(swaps[swaps[a]] == a);
    BOOST_TEST(swaps[a] / 5 == a / 5);
    moved += swaps[a] != a;
  }
  BOOST_TEST(moved == 40u);
  BOOST_TEST(near(map_noise(fine, swaps, 0.4, false, Rng(1)).wrong, 0.16, fine.size()));
  const Labels cyclic = cyclic_block_map(100, 5);
  BOOST_TEST(cyclic[4] == 0u);
  BOOST_TEST(cyclic[98] == 99u);
  BOOST_TEST(near(map_noise(fine, cyclic, 0.4, false, Rng(1)).wrong, 0.4, fine.size()));
  BOOST_TEST(pair_map(3) == (Labels{1, 2, 0}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(instance_noise_depends_on_the_instance) {
  const Labels labels = balanced(5, 2000);
  Matrix<float> x(labels.size(), 8);
  Rng rng(4);
  rng.fill_normal(x.values());
  // Twice the same rows.
  for (std::size_t i = 1; i < x.rows(); i += 2) {
    for (std::size_t j = 0; j < 8; ++j) x(i, j) = x(i - 1, j);
  }
  Labels pairs = labels;
  for (std::size_t i = 1; i < pairs.size(); i += 2) pairs[i] = pairs[i - 1];
  const NoisyLabels noise = instance_noise(x, pairs, 5, 0.4, Rng(1));
  BOOST_TEST(near(noise.wrong, 0.4, 5000), noise.wrong);
  // Of pairs in which both turned, most turned to the same class: by chance one in four.
  std::size_t both = 0, same = 0;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (noise.labels[i] == pairs[i] || noise.labels[i + 1] == pairs[i]) continue;
    ++both;
    same += noise.labels[i] == noise.labels[i + 1];
  }
  BOOST_TEST(both > 500u);
  BOOST_TEST(static_cast<double>(same) / static_cast<double>(both) > 0.5);
  BOOST_TEST(instance_noise(x, pairs, 5, 0, Rng(1)).wrong == 0);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_labels_with_any_number_of_threads) {
  const Labels labels = balanced(10, 300);
  const Matrix<float> x = tests::random_matrix<float>(labels.size(), 6, 1);
  std::vector<std::vector<Labels>> found;
  for (const std::size_t threads : {1, 2, 8}) {
    set_thread_count(threads);
    found.push_back({symmetric_noise(labels, 10, 0.4, NewLabel::kAny, Rng(5)).labels,
                     map_noise(labels, cifar10_map(), 0.4, true, Rng(5)).labels,
                     instance_noise(x, labels, 10, 0.4, Rng(5)).labels});
  }
  set_thread_count(0);
  BOOST_TEST((found[0] == found[1]));
  BOOST_TEST((found[0] == found[2]));
  BOOST_TEST((found[0][0] != symmetric_noise(labels, 10, 0.4, NewLabel::kAny, Rng(6)).labels));
}

BOOST_AUTO_TEST_CASE(transitions_have_rows_of_sum_1_and_are_found_again_from_probabilities) {
  const auto check = [](const Matrix<double>& t) {
    for (std::size_t a = 0; a < t.rows(); ++a) {
      const auto row = t.row(a);
      BOOST_TEST(std::accumulate(row.begin(), row.end(), 0.0) == 1,
                 boost::test_tools::tolerance(1e-12));
    }
  };
  const Matrix<double> any = symmetric_transition(4, 0.4, NewLabel::kAny);
  check(any);
  BOOST_TEST(any(1, 1) == 0.7, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(any(1, 2) == 0.1, boost::test_tools::tolerance(1e-12));
  const Matrix<double> others = symmetric_transition(4, 0.6, NewLabel::kOther);
  check(others);
  BOOST_TEST(others(0, 3) == 0.2, boost::test_tools::tolerance(1e-12));
  const Matrix<double> map = map_transition(cifar10_map(), 0.4);
  check(map);
  BOOST_TEST(map(3, 5) == 0.4);
  BOOST_TEST(map(0, 0) == 1);
  // What a perfect classifier of noisy labels predicts: rows of T, those of class 2 ten times.
  Matrix<float> p(13, 4);
  for (std::size_t i = 0; i < 13; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      p(i, j) = static_cast<float>(any(i < 10 ? 2 : i == 10 ? 0 : i == 11 ? 1 : 3, j));
    }
  }
  const Matrix<double> found = estimate_transition(p);
  for (std::size_t i = 0; i < 16; ++i) {
    BOOST_TEST(found.values()[i] == any.values()[i], boost::test_tools::tolerance(1e-6));
  }
  check(estimate_transition(p, 0.5));
  const Matrix<double> counted = count_transition(Labels{0, 0, 1}, Labels{1, 0, 1}, 3);
  BOOST_TEST((counted == Matrix<double>{{0.5, 0.5, 0}, {0, 1, 0}, {0, 0, 1}}));
}

BOOST_AUTO_TEST_CASE(detectors_count_as_defined) {
  const std::vector<bool> positive = {false, true, false, true, false};
  BOOST_TEST(ranking_auc(std::vector<double>{0, 1, 0, 2, 0.5}, positive) == 1);
  BOOST_TEST(ranking_auc(std::vector<double>{7, 7, 7, 7, 7}, positive) == 0.5);
  // Pairs (1, 0), (1, 3), (1, 1), (2, 0), (2, 3), (2, 1): 1 + 0 + 1/2 + 1 + 0 + 1 of six.
  BOOST_TEST(ranking_auc(std::vector<double>{0, 1, 3, 2, 1}, positive) == 3.5 / 6,
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(ranking_auc(std::vector<double>{0, 1, 3, 2, 1}, positive, 1) == 4.0 / 6,
             boost::test_tools::tolerance(1e-12));
  BOOST_TEST(std::isnan(ranking_auc(std::vector<double>{1, 2}, {true, true})));
  const Matrix<float> scores = {{2, 1, 0}, {0, 3, 3}, {1, 2, 5}, {1, 2, 5}};
  const Labels noisy = {0, 1, 2, 0}, labels = {0, 2, 1, 2};
  const LabelFit fit = label_fit(scores, noisy, labels);
  BOOST_TEST(fit.noisy == 0.75);
  BOOST_TEST(fit.memorized == 2.0 / 3);
  BOOST_TEST(fit.recovered == 1.0 / 3);
  BOOST_TEST(std::isnan(label_fit(scores, labels, labels).memorized));
  BOOST_TEST(label_losses(scores, noisy)[0] == std::log(1 + std::exp(-1.0) + std::exp(-2.0)),
             boost::test_tools::tolerance(1e-6));
  const std::vector<bool> wrong = wrong_labels(noisy, labels);
  BOOST_TEST((wrong == std::vector<bool>{false, true, true, true}));
}

BOOST_AUTO_TEST_CASE(bad_input_is_one_error) {
  const Labels labels = {0, 1, 2};
  const Matrix<float> x(3, 2);
  const auto refuses = [](auto call, const std::string& text) {
    BOOST_CHECK_EXCEPTION(call(), std::invalid_argument, says(text));
  };
  const Rng rng(1);
  refuses([&] { symmetric_noise(labels, 1, 0.2, NewLabel::kAny, rng); },
          "symmetric_noise: there must be at least 2 classes; got classes 1");
  refuses([&] { symmetric_noise(labels, 3, 1.5, NewLabel::kAny, rng); },
          "symmetric_noise: the rate must be from 0 to 1; got rate 1.5");
  refuses([&] { symmetric_noise(labels, 3, std::nan(""), NewLabel::kAny, rng); },
          "symmetric_noise: the rate must be from 0 to 1; got rate nan");
  refuses([&] { symmetric_noise(labels, 2, 0.2, NewLabel::kAny, rng); },
          "symmetric_noise: labels must be below the number of classes; got index 2, label 2, "
          "classes 2");
  refuses(
      [&] {
        map_noise(labels, Labels{0, 1, 3}, 0.2, false, rng);
      },
      "map_noise: labels must be below the number of classes; got index 2, label 3, classes 3");
  refuses([] { cyclic_block_map(10, 3); },
          "cyclic_block_map: blocks must have at least 2 classes and divide them all; got block 3, "
          "classes 10");
  refuses([&] { swap_block_map(10, 1, rng); },
          "swap_block_map: blocks must have at least 2 classes and divide them all; got block 1, "
          "classes 10");
  refuses(
      [&] {
        instance_noise(x, Labels{0, 1}, 3, 0.2, rng);
      },
      "instance_noise: there must be a label per row of x; got labels 2, x 3 x 2");
  Matrix<float> bad(3, 2);
  bad(1, 1) = std::numeric_limits<float>::infinity();
  refuses([&] { instance_noise(bad, labels, 3, 0.2, rng); },
          "instance_noise: x must be finite; got row 1, column 1, value inf");
  refuses([] { symmetric_transition(0, 0.2, NewLabel::kAny); },
          "symmetric_transition: there must be at least 2 classes; got classes 0");
  refuses(
      [] {
        map_transition(Labels{1, 0}, -0.1);
      },
      "map_transition: the rate must be from 0 to 1; got rate -0.1");
  refuses([&] { count_transition(labels, Labels{0}, 3); },
          "count_transition: there must be as many noisy labels as labels; got noisy 1, labels 3");
  refuses([] { estimate_transition(Matrix<float>(0, 3)); },
          "estimate_transition: there must be a row of probabilities, of at least 2 classes; got "
          "probabilities 0 x 3");
  refuses(
      [] {
        estimate_transition(Matrix<float>{{0.5f, 0.5f}}, 0);
      },
      "estimate_transition: quantile must be above 0 and at most 1; got quantile 0");
  refuses(
      [] {
        estimate_transition(Matrix<float>{{0.5f, 0.75f}});
      },
      "estimate_transition: rows must be probabilities; got row 0, sum 1.25");
  refuses([] { ranking_auc(std::vector<double>{1}, {}); },
          "ranking_auc: there must be as many scores as flags; got scores 1, flags 0");
  refuses([] { ranking_auc(std::vector<double>{std::nan("")}, {true}); },
          "ranking_auc: scores must be numbers");
  refuses([&] { wrong_labels(labels, Labels{}); },
          "wrong_labels: there must be as many noisy labels as labels; got noisy 3, labels 0");
  refuses([&] { label_fit(x, labels, Labels{}); },
          "label_fit: there must be scores, and two labels per row; got scores 3 x 2, noisy 3, "
          "labels 0");
  refuses([&] { label_losses(x, labels); },
          "label_losses: labels must be below the columns of the scores; got label 2, columns 2");
  refuses([&] { label_losses(x, Labels{}); },
          "label_losses: there must be scores, and a label per row; got scores 3 x 2, labels 0");
}

}  // namespace
}  // namespace surplus
