#define BOOST_TEST_MODULE two_layer
#include "surplus/theory/two_layer.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "surplus/core/parallel.h"
#include "surplus/core/rng.h"
#include "surplus/theory/norms.h"
#include "tests/lib/theory/tiny_net.h"
#include "tests/support/matrices.h"

namespace surplus {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

// The golden numbers of the study's unit test, which holds norms to this.
constexpr double kTolerance = 1e-12;

void check(double found, double golden) {
  BOOST_TEST(close(found, golden, kTolerance), found << " is not " << golden);
}
void check(const std::vector<double>& found, const std::vector<double>& golden) {
  BOOST_TEST(found.size() == golden.size());
  for (std::size_t i = 0; i < golden.size(); ++i) check(found[i], golden[i]);
}

BOOST_AUTO_TEST_CASE(the_tiny_network_has_its_golden_norms) {
  const TwoLayerNorms n = TinyNet<double>().norms();
  BOOST_TEST(n.parameters() == 23);
  check(n.u_frobenius, 1.2767145334803707);
  check(n.v_frobenius, 1.4807092894960847);
  check(n.u_distance, .9219544457292888);
  check(n.v_distance, 1.0735455276791945);
  check(n.u_spectral, 1.0301510289720592);
  check(n.v_spectral, 1.393566358075679);
  check(n.u_start_spectral, .5039327402279958);
  check(n.u_max_row_l1, 1.4);
  check(n.v_max_row_l1, 1.75);
  check(n.u_row_distances, 1.573861912751489);
  check(n.v_row_distances, 1.5182146081074686);
  check(n.unit_impact, {1.2379418403139948, .6403124237432849, .5});
  check(n.unit_capacity, {.4358898943540674, .48989794855663565, .6480740698407861});
}

BOOST_AUTO_TEST_CASE(the_tiny_network_has_its_golden_measures) {
  const TwoLayerNorms n = TinyNet<double>().norms();
  const CapacityMeasures code = capacity_measures(n, BoundVariant::kCode);
  check(code.frobenius, 1.8904430697590449);
  check(code.max_row_l1, 2.45);
  check(code.spectral_frobenius_terms[0], 1.5639986200264064);
  check(code.spectral_frobenius_terms[1], 2.225347016898442);
  check(code.spectral_l1_terms[0], 1.5639903407423204);
  check(code.spectral_l1_terms[1], 2.1932810138671144);
  check(code.unit_wise_terms[1], 1.3651465122835718);
  check(code.unit_wise_terms[0], .7461778897368108);
  BOOST_TEST(code.parameters == 23);
  BOOST_TEST(code.unit_wise == code.unit_wise_terms[0] + code.unit_wise_terms[1]);
  // The paper's table: no biases, no sqrt(classes), and the sqrt(h) that the code forgets.
  const CapacityMeasures paper = capacity_measures(n, BoundVariant::kCorrected);
  BOOST_TEST(paper.parameters == 12);
  check(paper.spectral_frobenius_terms[0] * std::sqrt(2.0), 1.5639986200264064);
  check(paper.unit_wise, code.unit_wise + std::sqrt(3.0));
  BOOST_TEST(paper.spectral_l1 == code.spectral_l1);
}

BOOST_AUTO_TEST_CASE(the_tiny_data_have_their_golden_statistics) {
  const TwoLayerData data = TinyNet<double>().data();
  BOOST_TEST(data.samples == 6);
  BOOST_TEST(close(data.mean_square, 2.67333333333, 1e-11));
  check(data.max_square, 5.25);
  check(data.max_entry_square, 4);
  BOOST_TEST(close(data.batch_entry_square, .83333333333, 1e-11));
  BOOST_TEST(close(data.mean_active_square, .15767083333, 1e-10));  // given to ten digits
  check(data.mean_hidden_square, .35505);
  double squares = 0;
  for (const double norm : data.hidden_norms) squares += norm * norm;
  check(squares / 6, .35505);
}

BOOST_AUTO_TEST_CASE(floats_differ_by_their_rounding_alone) {
  const TwoLayerNorms f = TinyNet<float>().norms(), d = TinyNet<double>().norms();
  // Each of up to 12 weights is rounded, and the largest difference of two is theirs.
  const double bound = 12 * 0x1p-23;
  BOOST_TEST(close(f.u_frobenius, d.u_frobenius, bound));
  BOOST_TEST(close(f.u_spectral, d.u_spectral, bound));
  BOOST_TEST(close(f.v_row_distances, d.v_row_distances, bound));
  const TwoLayerData fd = TinyNet<float>().data(), dd = TinyNet<double>().data();
  BOOST_TEST(close(fd.mean_square, dd.mean_square, bound));
  BOOST_TEST(close(fd.mean_hidden_square, dd.mean_hidden_square, 10 * bound));
}

BOOST_AUTO_TEST_CASE(norms_obey_the_inequalities_between_them) {
  for (const std::size_t h : {1u, 5u, 64u}) {
    const Matrix<double> u0 = random_matrix<double>(h, 20, h), v0 = random_matrix<double>(3, h, 2);
    const Matrix<double> u = random_matrix<double>(h, 20, 7), v = random_matrix<double>(3, h, 8);
    const TwoLayerNorms n = two_layer_norms({u, v}, {u0, v0});
    const double slack = 1 + 1e-9;
    BOOST_TEST(n.u_row_distances <= slack * std::sqrt(static_cast<double>(h)) * n.u_distance);
    BOOST_TEST(n.u_spectral <= slack * n.u_frobenius);
    BOOST_TEST(n.u_frobenius <=
               slack * std::sqrt(static_cast<double>(std::min<std::size_t>(h, 20))) * n.u_spectral);
    BOOST_TEST(n.v_spectral <= slack * n.v_frobenius);
    BOOST_TEST(n.v_frobenius <=
               slack * std::sqrt(static_cast<double>(std::min<std::size_t>(h, 3))) * n.v_spectral);
    BOOST_TEST(close(scaled_unit_norm(n.unit_impact, 2), n.v_frobenius, 1e-14));
    BOOST_TEST(close(scaled_unit_norm(n.unit_capacity, 2), n.u_distance, 1e-14));
    // By the inequality of power means the scaled norm rises with p.
    BOOST_TEST(n.u_distance <= slack * scaled_unit_norm(n.unit_capacity, 6));
  }
}

BOOST_AUTO_TEST_CASE(the_order_of_the_units_does_not_matter) {
  const TinyNet<double> net;
  const std::size_t order[] = {2, 0, 1};
  TinyNet<double> other;
  for (std::size_t j = 0; j < 3; ++j) {
    std::copy_n(net.u.row(order[j]).data(), 4, other.u.row(j).data());
    std::copy_n(net.u0.row(order[j]).data(), 4, other.u0.row(j).data());
    for (std::size_t k = 0; k < 2; ++k) {
      other.v(k, j) = net.v(k, order[j]);
      other.v0(k, j) = net.v0(k, order[j]);
    }
  }
  for (const BoundVariant variant : {BoundVariant::kCode, BoundVariant::kCorrected}) {
    const CapacityMeasures a = capacity_measures(net.norms(), variant);
    const CapacityMeasures b = capacity_measures(other.norms(), variant);
    BOOST_TEST(a.parameters == b.parameters);
    check(a.max_row_l1, b.max_row_l1);
    check(a.frobenius, b.frobenius);
    check(a.spectral_l1, b.spectral_l1);
    check(a.spectral_frobenius, b.spectral_frobenius);
    check(a.unit_wise, b.unit_wise);
  }
}

BOOST_AUTO_TEST_CASE(rescaling_between_the_layers_changes_the_measures_but_those_of_products) {
  const TinyNet<double> net;
  TinyNet<double> other;
  const double a = 4;
  for (double& w : other.u.values()) w *= a;
  for (double& w : other.v.values()) w /= a;
  for (double& b : other.b) b *= a;
  BOOST_TEST(distance(net.scores(), other.scores()) <= 1e-14);
  const CapacityMeasures before = capacity_measures(net.norms(), BoundVariant::kCorrected);
  const CapacityMeasures after = capacity_measures(other.norms(), BoundVariant::kCorrected);
  for (const auto measure : {&CapacityMeasures::spectral_l1, &CapacityMeasures::spectral_frobenius,
                             &CapacityMeasures::unit_wise}) {
    BOOST_TEST(std::abs(after.*measure / (before.*measure) - 1) > 0.01);
  }
  check(after.frobenius, before.frobenius);
  check(after.max_row_l1, before.max_row_l1);
}

BOOST_AUTO_TEST_CASE(weights_at_the_start_have_the_moments_of_their_rule) {
  // Uniform within 1 / sqrt(fan_in), as PyTorch starts a linear layer.
  const auto started = [](std::size_t rows, std::size_t cols, std::uint64_t seed) {
    Matrix<float> w(rows, cols);
    Rng rng(seed);
    rng.fill_uniform(w.values());
    const float reach = 1 / std::sqrt(static_cast<float>(cols));
    for (float& x : w.values()) x = reach * (2 * x - 1);
    return w;
  };
  const std::size_t d = 784;
  for (const std::size_t h : {8u, 64u, 256u}) {
    const Matrix<float> u = started(h, d, h), v = started(10, h, 1);
    const TwoLayerNorms n = two_layer_norms({u, v}, {u, v});
    const auto size = static_cast<double>(h * d);
    BOOST_TEST(std::abs(n.u_frobenius / std::sqrt(static_cast<double>(h) / 3) - 1) <
               5 / std::sqrt(size));
    BOOST_TEST(std::abs(n.v_frobenius / std::sqrt(10 / 3.0) - 1) <
               5 / std::sqrt(10 * static_cast<double>(h)));
    // The edge of the spectrum, to the order of its fluctuations, h^(-2/3).
    const double edge =
        (std::sqrt(static_cast<double>(h)) + std::sqrt(784.0)) / std::sqrt(3 * 784.0);
    BOOST_TEST(std::abs(n.u_spectral / edge - 1) < std::pow(static_cast<double>(h), -2.0 / 3));
    BOOST_TEST(n.u_distance == 0);
    BOOST_TEST(*std::max_element(n.unit_angles.begin(), n.unit_angles.end()) == 0);
  }
}

BOOST_AUTO_TEST_CASE(statistics_of_many_samples_do_not_depend_on_blocks_or_threads) {
  // So many hidden units that a block holds few samples.
  const Matrix<double> x = random_matrix<double>(300, 3, 1);
  const Matrix<double> u0 = random_matrix<double>(5000, 3, 2);
  set_thread_count(1);
  const TwoLayerData one = two_layer_data(x, u0);
  set_thread_count(3);
  const TwoLayerData three = two_layer_data(x, u0);
  set_thread_count(0);
  BOOST_TEST(one.hidden_norms == three.hidden_norms, boost::test_tools::per_element());
  BOOST_TEST(one.mean_active_square == three.mean_active_square);
  const Matrix<double> hidden = product(x, transpose(u0));
  check(one.mean_hidden_square, norm(hidden) * norm(hidden) / 300);
  for (const std::size_t j : {0u, 4999u}) check(one.hidden_norms[j], column_norms(hidden)[j]);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const Matrix<double> u(3, 4, 1), v(2, 3, 1), x(5, 4, 1), wide(5, 3, 1);
  BOOST_CHECK_EXCEPTION(
      two_layer_norms(TwoLayerWeights<double>{u, x}, {u, x}), ShapeError,
      says("two_layer_norms: v must have a column for each row of u, and neither be empty; got u 3 "
           "x 4, v 5 x 4"));
  BOOST_CHECK_EXCEPTION(
      two_layer_norms(TwoLayerWeights<double>{u, v}, {x, v}), ShapeError,
      says("two_layer_norms: the start must have the shapes of the network; got u 3 x 4, v 2 x 3, "
           "start u 5 x 4, start v 2 x 3"));
  const Matrix<double> bad(3, 4, std::nan(""));
  BOOST_CHECK_EXCEPTION(two_layer_norms(TwoLayerWeights<double>{bad, v}, {u, v}), ArgumentError,
                        says("spectral_norm: a must be finite; got row 0, column 0, value nan"));
  const Matrix<double> bad_v(2, 3, std::nan(""));
  BOOST_CHECK_EXCEPTION(two_layer_norms(TwoLayerWeights<double>{u, v}, {u, bad_v}), ArgumentError,
                        says("two_layer_norms: start v must be finite; got distance nan"));
  BOOST_CHECK_EXCEPTION(two_layer_data(wide, u), ShapeError,
                        says("two_layer_data: u0 must have a column for each feature of x, and "
                             "neither be empty; got x 5 x 3, u0 3 x 4"));
  const double b0[] = {1};
  BOOST_CHECK_EXCEPTION(two_layer_data(x, u, b0), ShapeError,
                        says("two_layer_data: b0 must have a bias for each row of u0; got b0 1, u0 "
                             "3 x 4"));
  BOOST_CHECK_EXCEPTION(two_layer_data(Matrix<double>(0, 4), u), ArgumentError,
                        says("two_layer_data: there must be a sample, and one in a batch; got x 0 "
                             "x 4, batch 64"));
  BOOST_CHECK_EXCEPTION(two_layer_data(x, u, {}, 0), ArgumentError,
                        says("two_layer_data: there must be a sample, and one in a batch; got x 5 "
                             "x 4, batch 0"));
  BOOST_CHECK_EXCEPTION(two_layer_data(bad, u), ArgumentError,
                        says("two_layer_data: x must be finite; got row 0"));
  BOOST_CHECK_EXCEPTION(two_layer_data(x, bad), ArgumentError,
                        says("two_layer_data: u0 must be finite; got u0 3 x 4"));
  BOOST_CHECK_EXCEPTION(scaled_unit_norm({}, 1), ArgumentError,
                        says("scaled_unit_norm: p must be at least 2; got p 1"));
}

}  // namespace
}  // namespace surplus
