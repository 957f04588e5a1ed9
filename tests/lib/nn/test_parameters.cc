#define BOOST_TEST_MODULE parameters
#include "surplus/nn/parameters.h"

#include <boost/test/unit_test.hpp>
#include <numeric>

#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/unary.h"
#include "surplus/core/errors.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using tests::says;

const std::vector<NamedShape> kLayout = {{"a", {2, 3}}, {"none", {0, 4}}, {"b", {1, 5}}};

BOOST_AUTO_TEST_CASE(matrices_lie_one_after_the_other_without_gaps) {
  Parameters<double> parameters(kLayout);
  BOOST_TEST(parameters.count() == 3u);
  BOOST_TEST(parameters.size() == 11u);
  for (const double value : parameters.flat()) BOOST_TEST(value == 0);
  std::iota(parameters.flat().begin(), parameters.flat().end(), 0);
  BOOST_TEST(parameters["a"](1, 0) == 3);
  BOOST_TEST(parameters["b"](0, 4) == 10);
  BOOST_TEST(parameters.offset(2) == 6u);
  parameters[0](0, 1) = -7;
  BOOST_TEST(parameters.flat()[1] == -7);
  const Parameters<double> copy = parameters;
  parameters[0](0, 1) = 8;
  BOOST_TEST(copy["a"](0, 1) == -7);
  BOOST_TEST((copy.layout() == kLayout));
}

BOOST_AUTO_TEST_CASE(a_gradient_comes_as_a_bundle_of_the_same_layout) {
  Parameters<double> parameters(kLayout), gradient(kLayout);
  std::iota(parameters.flat().begin(), parameters.flat().end(), 1);
  ad::Tape<double> tape;
  const auto leaves = leaves_of(parameters, tape);
  ad::gradient(ad::sum(ad::square(leaves[0])), sinks_of(leaves, gradient));
  for (std::size_t i = 0; i < 11; ++i) {
    BOOST_TEST(gradient.flat()[i] == (i < 6 ? 2 * parameters.flat()[i] : 0));
  }
}

BOOST_AUTO_TEST_CASE(a_bundle_refuses_names_that_do_not_tell_its_matrices_apart) {
  using Layout = std::vector<NamedShape>;
  BOOST_CHECK_EXCEPTION(Parameters<float>(Layout{{"a", {1, 1}}, {"a", {1, 2}}}), ArgumentError,
                        says("Parameters: names must be distinct and not empty; got name a"));
  BOOST_CHECK_EXCEPTION(Parameters<float>(Layout{{"", {1, 1}}}), ArgumentError,
                        says("Parameters: names must be distinct and not empty; got name "));
  const Parameters<float> parameters(kLayout);
  BOOST_CHECK_EXCEPTION(parameters["c"], ArgumentError,
                        says("Parameters: there must be a matrix of this name; got name c"));
  Parameters<float> gradient(kLayout);
  BOOST_CHECK_EXCEPTION(
      sinks_of<float>({}, gradient), ShapeError,
      says("sinks_of: there must be a leaf per matrix; got leaves 0, matrices 3"));
}

}  // namespace
}  // namespace surplus
