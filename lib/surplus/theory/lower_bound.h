/// The lower bound on the Rademacher complexity of two-layer ReLU networks, by construction.
///
/// One output, as many inputs as hidden units (d = h <= m), U0 = 0. The samples are the unit vectors
/// in turn, so that ||X||_F = sqrt(m). For each vector of signs a network of the class is made that
/// agrees with them: the mean of what it reaches is a lower bound on R_S, of the order of the upper
/// one, sum_j alpha_j beta_j ||X||_F / m.
///
/// Source  Neyshabur, Li, Bhojanapalli, LeCun, Srebro (2019), The role of over-parametrization in
///         generalization of neural networks, theorem 3
// Differs from the paper: a construction of our own with the same properties, for any h.
#ifndef SURPLUS_THEORY_LOWER_BOUND_H_
#define SURPLUS_THEORY_LOWER_BOUND_H_

#include <cstddef>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"

namespace surplus {

/// The samples: m x d, x_i = e_(i mod d).
///
/// Throws  ArgumentError if d is 0 or above m
Matrix<double> lower_bound_samples(std::size_t m, std::size_t d);

/// A network f(x) = v [U x]_+ with |v_j| = alpha_j, ||u_j||_2 = beta_j and ||U||_2 <= max beta.
struct LowerBoundNetwork {
  Matrix<double> u;       ///< h x h
  std::vector<double> v;  ///< h
};

/// The network for these signs. Let s_j be the sum of the signs of the samples e_j. Of the units,
/// as many as there are positive s_j take rows of an orthogonal matrix on those inputs, with a
/// positive v; the others likewise on the other inputs, with a negative one; each row with the sign
/// that agrees better.
///
/// signs   m, each 1 or -1
/// alpha, beta  h each, not negative
/// Throws  ShapeError if alpha and beta differ in length; ArgumentError if h is 0 or above m, if a
///         sign is not 1 or -1, or if an alpha or beta is negative
/// Cost    h^2
LowerBoundNetwork lower_bound_network(std::span<const int> signs, std::span<const double> alpha,
                                      std::span<const double> beta);

/// What that network reaches: 1 / m sum_i signs_i f(x_i) at the samples above.
double lower_bound_value(std::span<const int> signs, std::span<const double> alpha,
                         std::span<const double> beta);

/// What the best network of the class reaches at these samples and signs when ||U||_2 is not bounded
/// as well: 1 / m sum_j alpha_j beta_j max(||[s]_+||_2, ||[-s]_+||_2). Its mean over all signs is R_S.
///
/// Throws  as lower_bound_network()
double one_hot_supremum(std::span<const int> signs, std::span<const double> alpha,
                        std::span<const double> beta);

}  // namespace surplus

#endif  // SURPLUS_THEORY_LOWER_BOUND_H_
