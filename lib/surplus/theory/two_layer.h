/// What two-layer networks are measured by: norms of the weights, and of what the data make of them.
///
/// f(x) = V [U x + b]_+ + c with d inputs, h hidden units, k classes. Row i of U holds the incoming
/// weights u_i of hidden unit i, column i of V its outgoing weights v_i. The norms know nothing of
/// the biases b and c.
///
/// Source  Neyshabur, Li, Bhojanapalli, LeCun, Srebro (2019), The role of over-parametrization in
///         generalization of neural networks, and the authors' code
#ifndef SURPLUS_THEORY_TWO_LAYER_H_
#define SURPLUS_THEORY_TWO_LAYER_H_

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// Somebody else's weights.
template <typename T>
struct TwoLayerWeights {
  MatrixView<const T> u;  ///< h x d
  MatrixView<const T> v;  ///< k x h
};

/// Norms of a trained network (U, V) and of its way from the start (U0, V0).
struct TwoLayerNorms {
  std::size_t inputs = 0, hidden = 0, classes = 0;
  double u_frobenius = 0, v_frobenius = 0;    ///< ||U||_F, ||V||_F
  double u_distance = 0, v_distance = 0;      ///< ||U - U0||_F, ||V - V0||_F
  double u_spectral = 0, v_spectral = 0;      ///< ||U||_2, ||V||_2
  double u_start_spectral = 0;                ///< ||U0||_2
  double u_max_row_l1 = 0, v_max_row_l1 = 0;  ///< l_1 of each row, the largest
  double u_row_distances = 0;                 ///< l_2 of each row of U - U0, summed over the h
  double v_row_distances = 0;                 ///< the same for V - V0: over its k rows
  std::vector<double> unit_impact;            ///< alpha_i = ||v_i||_2, h
  std::vector<double> unit_capacity;          ///< beta_i = ||u_i - u0_i||_2, h
  std::vector<double> unit_angles;            ///< between u_i and u0_i, h, in [0, pi]

  /// (d + 1) h + (h + 1) k, with the biases.
  std::size_t parameters() const { return (inputs + 1) * hidden + (hidden + 1) * classes; }
};

/// Throws  ShapeError if the matrices do not fit together or a size is 0; ArgumentError at a NaN or
///         an infinity
/// Error   that of vector_norm(), and of spectral_norm() with its default tolerance
/// Cost    some passes over the weights, and one for each iteration of spectral_norm()
TwoLayerNorms two_layer_norms(const TwoLayerWeights<float>& net,
                              const TwoLayerWeights<float>& start);
TwoLayerNorms two_layer_norms(const TwoLayerWeights<double>& net,
                              const TwoLayerWeights<double>& start);

/// What the bounds ask of n training samples and of the first layer at the start.
struct TwoLayerData {
  std::size_t samples = 0;
  double mean_square = 0;       ///< mean of ||x||^2
  double max_square = 0;        ///< largest ||x||^2
  double max_entry_square = 0;  ///< largest x_j^2
  /// What the authors' code has in its place: the square of the largest entry (not magnitude) of
  /// each batch, summed over the batches and divided by the samples.
  double batch_entry_square = 0;
  double mean_hidden_square = 0;  ///< mean of ||U0 x||^2
  /// What the authors' code has in its place: mean of ||[U0 x + b0]_+||^2.
  double mean_active_square = 0;
  std::vector<double> hidden_norms;  ///< ||u0_j X||_2, of unit j over all samples, h
};

/// x       n x d, n >= 1
/// u0, b0  h x d and h, as at the start; no b0 stands for zeros
/// batch   samples of a batch of the training, which batch_entry_square is about; the last may be
///         shorter
/// Throws  ShapeError if the sizes do not fit; ArgumentError if there is no sample, batch is 0, or at
///         a NaN or an infinity
/// Error   products in the type of x, as matmul(), all sums of squares in double
/// Cost    2 n h d flops on all threads; a few MiB of memory for any n
/// Promises the same bits for any number of threads
TwoLayerData two_layer_data(MatrixView<const float> x, MatrixView<const float> u0,
                            std::span<const float> b0 = {}, std::size_t batch = 64);
TwoLayerData two_layer_data(MatrixView<const double> x, MatrixView<const double> u0,
                            std::span<const double> b0 = {}, std::size_t batch = 64);

/// Where the paper and its code differ.
enum class BoundVariant {
  kCode,       ///< as the authors' code computes it
  kCorrected,  ///< as the theorems say
};

/// The six capacity measures of the paper's table 1, without constants, and what they are sums of.
struct CapacityMeasures {
  double parameters = 0;                      ///< 1, Harvey et al.: d h; the code: with biases
  double max_row_l1 = 0;                      ///< 2, Bartlett and Mendelson
  double frobenius = 0;                       ///< 3, Neyshabur et al. 2015, Golowich et al.
  double spectral_l1 = 0;                     ///< 4, Bartlett et al. 2017
  double spectral_frobenius = 0;              ///< 5, Neyshabur et al. 2018
  double unit_wise = 0;                       ///< 6, theorem 2
  std::array<double, 2> spectral_l1_terms{};  ///< ||U||_2 times V's term, and U's times ||V||_2
  std::array<double, 2> spectral_frobenius_terms{};  ///< likewise
  std::array<double, 2> unit_wise_terms{};           ///< ||U0||_2 ||V||_F and ||U - U0||_F ||V||_F
};

/// Of measure 5 the code has sqrt(k) in V's term, which the table drops; of measure 6 it drops
/// sqrt(h).
CapacityMeasures capacity_measures(const TwoLayerNorms& norms, BoundVariant variant);

/// h^(1/2 - 1/p) times the l_p norm of one number for each of h units: of p = 2, ||V||_F from unit
/// impacts and ||U - U0||_F from unit capacities; a larger p is for units that differ little.
///
/// Throws  ArgumentError if p < 2 or p is NaN
/// Source  Neyshabur et al. (2019), appendix B
double scaled_unit_norm(std::span<const double> units, double p);

}  // namespace surplus

#endif  // SURPLUS_THEORY_TWO_LAYER_H_
