/// The dual variable of sparse noise, and the three kinds of iteration that find it.
#ifndef SURPLUS_NOISE_SPARSE_NOISE_DUAL_H_
#define SURPLUS_NOISE_SPARSE_NOISE_DUAL_H_

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "surplus/core/matrix.h"
#include "surplus/core/progress.h"

namespace surplus::detail {

/// The problem in the r coordinates z = B' mu of the row space of J: J theta = B z, B = U Sigma.
struct SparseNoiseProblem {
  MatrixView<const double> b_t;    ///< B', r x n
  std::span<const double> values;  ///< Sigma
  std::vector<double> y;           ///< n, less J theta0
  std::vector<double> weights;     ///< n
  double lambda_plus = 0;          ///< the box is -lambda_minus w_i <= mu_i <= lambda_plus w_i
  double lambda_minus = 0;
  double log_gamma = 0;  ///< negative; of weight 1
  double alpha_plus = 0;
  double alpha_minus = 0;
  double nu = 0;

  std::size_t size() const { return y.size(); }
  double largest() const { return values.empty() ? 0 : values[0] * values[0]; }
};

/// Where an iteration is.
struct DualState {
  std::vector<double> mu;
  std::vector<double> u, v;  ///< of the descent
  std::vector<double> s;  ///< u u - v v, or 2 gamma^2 sinh(4 alpha mu); empty for the box program
  std::size_t iterations = 0;
  Stop stop = Stop::kIterationLimit;
};

/// What the certificate says of a mu.
struct Certificate {
  double primal = 0, dual = 0, gap = 0;
  std::vector<double> z;      ///< B' mu
  std::vector<double> s;      ///< of the box program: what theta leaves of y, less dense noise
  std::vector<double> image;  ///< B z
};
Certificate certify(const SparseNoiseProblem& problem, std::span<const double> mu);

/// Asked every so many iterations; true ends the iteration, with the state's `stop` set.
using Look = std::function<bool(DualState&)>;

struct Limits {
  std::size_t iterations = 0;
  std::size_t check_every = 1;
  Look look;
};

/// Accelerated projected gradient with restarts on
///   min 1/2 mu' (B B' + nu I) mu - y' mu over the box, from state.mu.
/// Source  Beck, Teboulle (2009), A fast iterative shrinkage-thresholding algorithm; O'Donoghue,
///         Candes (2015), Adaptive restart for accelerated gradient schemes, section 3.2
void accelerated_projection(const SparseNoiseProblem& problem, const Limits& limits,
                            DualState& state);

/// The same by alternating directions, over-relaxed.
/// Source  Boyd, Parikh, Chu, Peleato, Eckstein (2011), Distributed optimization and statistical
///         learning via the alternating direction method of multipliers, section 3.4.3
void alternating_directions(const SparseNoiseProblem& problem, const Limits& limits,
                            DualState& state);

/// Newton's steps for B B' mu + s(mu) = y, none of which moves 4 alpha mu by more than 1, at gammas
/// that fall to the problem's.
void newton(const SparseNoiseProblem& problem, const Limits& limits, DualState& state);

/// Steps of length tau from mu = 0 and the start gamma: of the descent, or of its mirror.
void descend(const SparseNoiseProblem& problem, bool mirror, double tau, const Limits& limits,
             DualState& state);

}  // namespace surplus::detail

#endif  // SURPLUS_NOISE_SPARSE_NOISE_DUAL_H_
