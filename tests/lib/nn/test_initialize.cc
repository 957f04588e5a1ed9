#define BOOST_TEST_MODULE initialize
#include "surplus/nn/initialize.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "surplus/core/parallel.h"

namespace surplus {
namespace {

struct Layer {
  Matrix<float> w, bias;
};

Layer layer(Initializer initializer, std::size_t inputs, std::size_t outputs) {
  Layer made{Matrix<float>(outputs, inputs, 7), Matrix<float>(1, outputs, 7)};
  initialize_layer<float>(initializer, Rng(1), made.w, made.bias);
  return made;
}

struct Moments {
  double mean = 0, deviation = 0, largest = 0;
};

Moments moments(const Matrix<float>& matrix) {
  Moments moments;
  const auto n = static_cast<double>(matrix.size());
  for (const float x : matrix.values()) {
    moments.mean += static_cast<double>(x) / n;
    moments.deviation += static_cast<double>(x) * static_cast<double>(x) / n;
    moments.largest = std::max(moments.largest, std::abs(static_cast<double>(x)));
  }
  moments.deviation = std::sqrt(moments.deviation - moments.mean * moments.mean);
  return moments;
}

BOOST_AUTO_TEST_CASE(weights_have_the_spread_that_their_initializer_names) {
  const double f = 300, g = 200;
  struct Case {
    Initializer initializer;
    double deviation, bound;  // 0: unbounded
  };
  for (const auto& [initializer, deviation, bound] :
       {Case{Initializer::kUniformFanIn, 1 / std::sqrt(3 * f), 1 / std::sqrt(f)},
        Case{Initializer::kKaimingUniform, std::sqrt(2 / f), std::sqrt(6 / f)},
        Case{Initializer::kKaimingNormal, std::sqrt(2 / f), 0},
        Case{Initializer::kXavierUniform, std::sqrt(2 / (f + g)), std::sqrt(6 / (f + g))},
        Case{Initializer::kXavierNormal, std::sqrt(2 / (f + g)), 0},
        Case{Initializer::kNtk, 1, 0}}) {
    const Layer made = layer(initializer, 300, 200);
    const Moments found = moments(made.w);
    BOOST_TEST_CONTEXT(to_text(initializer)) {
      // 60000 draws: a standard error of 0.004 for the mean, below 0.003 for the deviation.
      BOOST_TEST(std::abs(found.mean) < 5 * 0.0041 * deviation);
      BOOST_TEST(std::abs(found.deviation / deviation - 1) < 5 * 0.003);
      if (bound > 0) {
        BOOST_TEST(found.largest <= bound * 1.000001);
        BOOST_TEST(found.largest > 0.999 * bound);
      } else {
        BOOST_TEST(found.largest > 3.5 * deviation);
      }
      const Moments of_bias = moments(made.bias);
      if (initializer == Initializer::kUniformFanIn) {
        BOOST_TEST(of_bias.largest <= bound * 1.000001);
        BOOST_TEST(of_bias.largest > 0.9 * bound);
        BOOST_TEST(made.bias(0, 0) != made.w(0, 0));
      } else {
        BOOST_TEST(of_bias.largest == 0);
      }
    }
  }
  BOOST_TEST(moments(layer(Initializer::kZero, 3, 4).w).largest == 0);
}

BOOST_AUTO_TEST_CASE(views_with_gaps_and_any_number_of_threads_get_the_same_numbers) {
  const Layer whole = layer(Initializer::kKaimingNormal, 700, 600);
  Matrix<float> wide(600, 800, -3);
  set_thread_count(8);
  initialize_layer<float>(Initializer::kKaimingNormal, Rng(1), wide.view().block(0, 50, 600, 700),
                          MatrixView<float>());
  set_thread_count(0);
  bool same = true, untouched = true;
  for (std::size_t i = 0; i < 600; ++i) {
    for (std::size_t j = 0; j < 800; ++j) {
      const bool inside = j >= 50 && j < 750;
      if (inside) same = same && wide(i, j) == whole.w(i, j - 50);
      if (!inside) untouched = untouched && wide(i, j) == -3;
    }
  }
  BOOST_TEST(same);
  BOOST_TEST(untouched);
}

}  // namespace
}  // namespace surplus
