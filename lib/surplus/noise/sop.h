/// Sparse over-parameterization against label noise: every training sample has noise variables of
/// its own, which are trained beside the network and forgotten at test time.
///
/// For a sample with scores z, p = softmax(z), noisy label y and the variables u (one number) and v
/// (one per class), U = u^2 at y, V = v^2 at the other classes, the loss is
///   -log q_y + ||yhat + U - V - y||^2,   q = b / sum b,   b = max(p + U - V, eps),
/// yhat being the predicted class, one-hot. The network learns from the first term alone, v from the
/// second alone; V in the first and yhat in the second count as constants.
///
/// Source  Liu, Zhu, Qu, You (2022), Robust training under label noise by over-parameterization, ICML,
///         arXiv 2202.14026, and the authors' code
#ifndef SURPLUS_NOISE_SOP_H_
#define SURPLUS_NOISE_SOP_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "surplus/autodiff/tape.h"
#include "surplus/core/matrix.h"
#include "surplus/core/rng.h"

namespace surplus {

/// From which terms u learns, and how u and v are bounded.
enum class SopVariant {
  kPaper,       ///< u from the cross-entropy; both are projected to [-1, 1] after each step
  kRepo202202,  ///< ... U, V <= 1 - 1e-4 instead of a projection; the first public code
  kRepo202208,  ///< u from the squared error; U, V <= 1; the code of 2022-08-19
  kRepoFinal,   ///< u from both; U, V <= 1; the code since 2022-09-08
};
/// "paper", "repo-2022-02", "repo-2022-08-19", "repo-final".
std::string_view to_text(SopVariant variant);

/// Step sizes count per visit of a sample, in batches of B of which the loss is the mean: half the
/// batch needs half of them. See sop_alpha().
struct SopConfig {
  double alpha_u = 10;        ///< step size of u, 0 or more
  double alpha_v = 10;        ///< step size of v, 0 or more
  double start_scale = 1e-8;  ///< u and v start as normals of this standard deviation, above 0
  SopVariant variant = SopVariant::kPaper;
  double epsilon = 1e-4;  ///< eps, above 0 and below 1
  /// Of kRepo202202 alone: what the squared error weighs, which makes alpha_v larger; 0 or more.
  double error_weight = 10;
  /// lambda_B: weighs -(1 / K) sum_k log mean_i q_ik, which keeps the classes balanced; 0 or more.
  /// u learns from it too.
  double balance = 0;
  /// lambda_C: weighs consistency_loss() with a second view of the batch (robust_loss.h); 0 or more.
  double consistency = 0;
};

/// The variables of n samples: u n x 1, v n x K.
template <typename T>
struct SopState {
  Matrix<T> u, v;
  friend bool operator==(const SopState&, const SopState&) = default;
};

/// Those at the start; u and v draw from rng.split("u") and rng.split("v").
/// Throws   ArgumentError if the config is out of its domain
template <typename T>
SopState<T> start_sop(const SopConfig& config, std::size_t n, std::size_t classes, const Rng& rng);

/// The mean loss of a batch, without the consistency term, and the gradients in u and v.
///
/// scores   B x K
/// labels   B, below K
/// u, v     B x 1 and B x K: the variables of these samples
/// d_u, d_v of the same shapes, overwritten
/// Returns  1 x 1; its gradient in the scores is the network's, a Hessian product is refused
/// Throws   ShapeError, ArgumentError
/// Cost     a softmax and some 10 operations per score
template <typename T>
ad::Var<T> sop_loss(const SopConfig& config, const ad::Var<T>& scores,
                    std::span<const std::size_t> labels, MatrixView<const T> u,
                    MatrixView<const T> v, MatrixView<T> d_u, MatrixView<T> d_v);

/// The same with the variables of all samples, of which those of the batch then make a step of plain
/// gradient descent. Nothing else of the state is touched.
///
/// rows     B, which samples these are; one that comes twice makes the sum of its steps
/// Throws   also ArgumentError if a row is not below n
/// Promises the state is left alone if the loss is not finite
template <typename T>
ad::Var<T> sop_step(const SopConfig& config, const ad::Var<T>& scores,
                    std::span<const std::size_t> labels, std::span<const std::size_t> rows,
                    SopState<T>& state);

/// mean KL(softmax(weak) || softmax(strong)), the first without gradient.
///
/// weak, strong  n x k, n >= 1
/// Throws        ShapeError if the shapes differ or there is no row or column
template <typename T>
ad::Var<T> consistency_loss(const ad::Var<T>& weak, const ad::Var<T>& strong);

/// The activation clock: how often a sample must be seen until its v, or u, reaches order 1, where
/// the class that is predicted stays another than the label: ln(1 / start) / ln(growth), growth being
/// 1 + 4 alpha_v / B for v and 1 + (alpha_u / B) (2 (1 / max(p_y, eps) - 1) + e) for u, e = 4 under
/// kRepoFinal and 0 under kPaper. (kRepo202208 has e alone, kRepo202202 is kPaper's with error_weight
/// alpha_v.) Infinity if nothing grows.
///
/// batch        B, at least 1
/// probability  p_y, from 0 to 1
double sop_visits_v(const SopConfig& config, std::size_t batch);
double sop_visits_u(const SopConfig& config, std::size_t batch, double probability);
/// The alpha_v with which that takes v so many visits: (B / 4) (start^(-1 / visits) - 1).
/// Throws  ArgumentError unless visits are above 0, batch at least 1 and the start in (0, 1)
double sop_alpha(double visits, std::size_t batch, double start_scale);

/// How far the variables are from their start and their bound. An SOP whose clock is too slow looks
/// exactly like cross-entropy, but for these.
struct SopActivity {
  double u_awake = 0;  ///< share of samples with |u| above 1e-6
  double v_awake = 0;  ///< ... with some |v_j| above 1e-6
  double u_bound = 0;  ///< ... with |u| of 1 or more
  double v_bound = 0;
  double most_u = 0, most_v = 0;  ///< largest magnitudes
  double mean_u2 = 0;             ///< mean of min(u^2, 1)
  bool asleep() const { return most_u < 1e-6 && most_v < 1e-6; }
};
template <typename T>
SopActivity sop_activity(const SopState<T>& state);

/// U + max V of each sample: the larger, the likelier its label is wrong.
/// Throws  ShapeError unless there is a label per sample; ArgumentError if one is not below K
template <typename T>
std::vector<double> sop_noise_scores(const SopState<T>& state, std::span<const std::size_t> labels);

/// argmax_j (y - U + V)_j, the first of equals: the labels without the noise that was found.
template <typename T>
std::vector<std::size_t> sop_corrected_labels(const SopState<T>& state,
                                              std::span<const std::size_t> labels);

}  // namespace surplus

#endif  // SURPLUS_NOISE_SOP_H_
