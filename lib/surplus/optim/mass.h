/// The settings of MaSS (UpdateRule::kMass) from its authors' hyperparameters, and from theory.
///
/// With w_0 = u_0 and g the gradient at u_t, MaSS is w_{t+1} = u_t - rate g,
/// u_{t+1} = (1 + momentum) w_{t+1} - momentum w_t + rate compensation g: Nesterov's method and a term
/// that undoes part of the step. The parameters that are trained are u.
///
/// Source  Liu, Belkin (2020), Accelerating SGD with momentum for over-parameterized learning, ICLR
#ifndef SURPLUS_OPTIM_MASS_H_
#define SURPLUS_OPTIM_MASS_H_

#include <cstddef>

#include "surplus/optim/optimizer.h"

namespace surplus {

struct MassSettings {
  double rate = 0;
  double momentum = 0;
  double compensation = 0;

  OptimizerConfig optimizer() const {
    return {.rule = UpdateRule::kMass, .momentum = momentum, .compensation = compensation};
  }
};

/// momentum = (1 - alpha) / (1 + alpha), compensation = (1 - 1 / kappa) / (1 + alpha).
///
/// alpha    above 0, at most 1; the authors use 0.05
/// kappa    kappa-tilde, at least 1, which is no condition number; the authors use 2 to 12
/// Throws   ArgumentError
MassSettings mass_settings(double rate, double alpha, double kappa);

/// Moments of the features x of least squares, H = E[x x'].
struct MassMoments {
  double single = 0;    ///< L_1: the least with E[|x|^2 x x'] <= L_1 H; at least `largest`
  double largest = 0;   ///< L: the largest eigenvalue of H
  double smallest = 0;  ///< mu: the smallest that is not zero; positive
  double kappa = 0;     ///< kappa-tilde: the least with E[(x' H^-1 x) x x'] <= kappa H; at least 1
};

/// Theory's choice for batches of m, drawn with replacement, where the model can fit all examples:
/// L_m = L_1 / m + (m - 1) L / m, kappa_m = L_m / mu, kappa-tilde_m = kappa / m + (m - 1) / m,
/// alpha = 1 / sqrt(kappa_m kappa-tilde_m), rate = 1 / L_m.
struct MassTheory {
  MassSettings settings;
  double bound = 0;  ///< E|w_t - w*|^2 falls by this factor a step, or faster
};

/// m        at least 1
/// Throws   ArgumentError
MassTheory mass_theory(const MassMoments& moments, std::size_t m);

}  // namespace surplus

#endif  // SURPLUS_OPTIM_MASS_H_
