/// Rademacher complexities of two-layer ReLU networks: bounds, and values that are exact.
///
/// R_S(F) = 1 / m E sup_{f in F} sum_i xi_i f(x_i), xi_i = +-1 with equal chance, m samples. There
/// is no absolute value. The classes hold the networks f(x) = V [U x]_+ with ||v_j||_2 <= alpha_j
/// and ||u_j - u0_j||_2 <= beta_j for each unit j.
///
/// Source  Neyshabur, Li, Bhojanapalli, LeCun, Srebro (2019), The role of over-parametrization in
///         generalization of neural networks
#ifndef SURPLUS_THEORY_RADEMACHER_H_
#define SURPLUS_THEORY_RADEMACHER_H_

#include <cstddef>
#include <span>

#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus {

/// What the bounds on the ramp loss of a class with margin gamma ask for.
struct RademacherBoundInput {
  std::span<const double> alpha;         ///< h unit impacts
  std::span<const double> beta;          ///< h unit capacities
  std::span<const double> hidden_norms;  ///< ||u0_j X||_2, h (TwoLayerData)
  double mean_square = 0;                ///< mean of ||x||^2
  std::size_t samples = 0;               ///< m, at least 1
  std::size_t classes = 0;               ///< k, at least 1
  double gamma = 0;                      ///< positive
};

/// (2 sqrt(2 k) + 2) / (gamma m) sum_j alpha_j (beta_j ||X||_F + ||u0_j X||_2).
///
/// Throws  ShapeError if the three do not have the same length; ArgumentError for a number outside
///         its range
/// Source  equation 6 of the paper, theorem 1
double unit_rademacher_bound(const RademacherBoundInput& input);

/// (2 sqrt(2 k) + 2) / (gamma sqrt(m)) ||alpha|| (||beta|| sqrt(mean ||x||^2) + sqrt(mean ||U0 x||^2)):
/// never below unit_rademacher_bound(), by Cauchy-Schwarz.
///
/// Throws  as above
/// Source  equation 7 of the paper
double layer_rademacher_bound(const RademacherBoundInput& input);

/// Training ramp loss + 2 R_S + 3 sqrt(log(2 / delta) / (2 m)), which the error stays below with
/// probability 1 - delta.
///
/// Throws  ArgumentError if delta is not between 0 and 1 or there is no sample
double rademacher_error_bound(double ramp_loss, double rademacher, std::size_t samples,
                              double delta = 0.01);

/// [U x]_+ of each sample, n x h: the class with beta = 0 is linear in it.
Matrix<double> rectified(MatrixView<const double> x, MatrixView<const double> u);

/// The complexity of the class with beta = 0 and one output:
/// 1 / m sum_j alpha_j E |sum_i xi_i z[i, j]|, over all 2^m signs.
///
/// z       m x h, [u0_j x_i]_+
/// Throws  ShapeError if alpha does not fit z; ArgumentError if m is 0 or above 24, or if an alpha is
///         negative
/// Error   (2^m + m) eps relative
/// Cost    2^m h additions
double exact_rademacher(std::span<const double> alpha, MatrixView<const double> z);

struct RademacherEstimate {
  double mean = 0;
  double standard_error = 0;
};

/// The same, for any m, by `draws` vectors of signs (at least 2).
RademacherEstimate estimate_rademacher(std::span<const double> alpha, MatrixView<const double> z,
                                       std::size_t draws, Rng& rng);

struct RademacherBracket {
  double lower = 0, upper = 0;
};

/// T / sqrt(2) <= R_S <= T with T = 1 / m sum_j alpha_j ||z_j||_2.
///
/// Source  Khintchine's inequality; Szarek (1976), On the best constants in the Khinchin inequality
RademacherBracket khintchine_bracket(std::span<const double> alpha, MatrixView<const double> z);

}  // namespace surplus

#endif  // SURPLUS_THEORY_RADEMACHER_H_
