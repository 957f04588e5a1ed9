/// Training of sparse networks whose topology changes on the way: static masks, SET, RigL, SNFS, their
/// ITOP variants, gradual pruning.
///
///   SparseTrainConfig<float> config{.epochs = 20, .topology = set_itop(200)};
///   const auto result = fit_sparse<float>({.x = x, .labels = labels}, start, config);
///
/// What a dense network is pruned to, before training (SNIP, GraSP) or after it (one shot, lottery
/// tickets), is a start for static training: saliency.h. Networks are fully connected or convolutional.
///
/// Source  Liu, Yin, Mocanu, Pechenizkiy (2021), Do we actually need dense over-parameterization?
///         In-time over-parameterization in sparse training, ICML, arXiv 2102.02887
#ifndef SURPLUS_SPARSE_SPARSE_TRAINING_H_
#define SURPLUS_SPARSE_SPARSE_TRAINING_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

#include "surplus/core/progress.h"
#include "surplus/data/augment.h"
#include "surplus/optim/schedule.h"
#include "surplus/sparse/exploration.h"
#include "surplus/sparse/sparse_network.h"
#include "surplus/sparse/topology_schedule.h"
#include "surplus/train/objective.h"

namespace surplus {

/// Positions stay.
struct StaticTopology {};

/// Every `interval` steps, from step `interval` on, each layer that has both active and inactive
/// weights drops and grows as many.
struct DynamicTopology {
  std::size_t interval = 1500;  ///< dT, in steps, at least 1
  DropSchedule schedule = {};   ///< gives DropAndGrow::fraction; in steps
  DropAndGrow step = {};
  bool last_layer = true;  ///< the last layer changes too
  /// The update takes the place of the optimizer's step (RigL's code), or follows it, with the
  /// gradient from before it (ITOP's).
  bool instead_of_step = false;
  /// New weights are 0, or uniform on [-c, c), c = grown_scale sqrt(6 / inputs); 1 in SET's own code.
  double grown_scale = 0;
};

/// From a dense start: every schedule.interval steps from schedule.begin on, each layer keeps the
/// largest of its weights.
struct GradualPruning {
  PruningSchedule schedule = {};
  bool last_layer = true;
};

using Topology = std::variant<StaticTopology, DynamicTopology, GradualPruning>;

/// Random growth, a constant share of .3.
DynamicTopology set_topology(std::size_t interval);
/// Growth by gradient, .3 falling as a cosine until three quarters of `steps`.
DynamicTopology rigl_topology(std::size_t interval, std::size_t steps);
/// SET and RigL as the ITOP paper has them: .5 falling as a cosine to .005 at the end.
DynamicTopology set_itop(std::size_t interval);
DynamicTopology rigl_itop(std::size_t interval);

struct SparseEpoch {
  double loss = 0;  ///< mean over the examples, each before its step
  /// Error rate of the validation examples after the epoch; NaN if there are none.
  double validation_error = std::numeric_limits<double>::quiet_NaN();
  double rate = 0;        ///< learning rate of the last step
  double explored = 0;    ///< R_s over all layers; NaN if not tracked
  std::size_t epoch = 0;  ///< from 1 on
};

/// One topology update, all layers together.
struct TopologyRecord {
  double fraction = 0;  ///< that was to be dropped; of pruning, the sparsity
  double explored = 0;  ///< R_s after it; NaN if not tracked
  std::size_t step = 0;
  std::size_t dropped = 0, grown = 0;
  std::size_t tested = 0, survived = 0;  ///< of what the last update grew
};

template <typename T>
struct SparseTrainConfig {
  std::size_t epochs = 10;       ///< completed at most
  std::size_t batch_size = 128;  ///< rows of a step, the last of an epoch having fewer
  OptimizerConfig optimizer = {.rule = UpdateRule::kNesterov, .weight_decay = 5e-4};
  Schedule schedule = {.rate = 0.05};  ///< of the learning rate, in epochs
  /// Numbers of epochs after each of which the learning rate is multiplied by schedule.factor.
  std::vector<std::size_t> milestones = {};
  std::uint64_t seed = 0;  ///< of the order, of what is random in a step and of the growth
  /// The shape of the examples, which are images to be moved and mirrored in training as augmented()
  /// does; without one they are used as they are.
  std::optional<ImageShape> images = {};
  AugmentConfig augment = {};
  Topology topology = StaticTopology{};
  LayerChoice choice = {};  ///< decided anew whenever positions change
  bool track = true;        ///< exploration, in N / 8 bytes
  /// m of R_s^(m), in steps; 0 if it is not asked for, which takes N / 8 bytes more.
  std::size_t patience = 0;

  Examples<T> validation = {};  ///< with labels, for SparseEpoch::validation_error; empty for none
  Observer on_step = {};        ///< told the loss, `iterations` counting steps; false ends
  std::function<bool(const SparseEpoch& epoch, const SparseNetwork<T>& model)> on_epoch = {};

  /// The file (NPZ) that holds the state after each `checkpoint_epochs` epochs and at the end, from
  /// which a training goes on to the same bits; empty for none.
  std::filesystem::path checkpoint = {};
  std::size_t checkpoint_epochs = 1;  ///< at least 1
};

template <typename T>
struct SparseTrainResult {
  SparseNetwork<T> model;
  Stop stop = Stop::kIterationLimit;
  std::size_t epochs = 0, steps = 0;               ///< completed
  std::vector<SparseEpoch> history = {};           ///< of each completed epoch
  std::vector<TopologyRecord> updates = {};        ///< of the positions
  std::vector<LayerExploration> exploration = {};  ///< of each layer; empty if not tracked
  /// Floating-point operations of all products, 2 for each active weight and example in a forward pass
  /// (and pixel, of a convolution) and twice that back; dense gradients as many as the dense matrix has weights.
  double flops = 0;
};

/// R_s over all layers.
double explored(const std::vector<LayerExploration>& layers);

/// Minimises the mean softmax cross-entropy: train_step() on the active weights, the topology changing
/// between steps.
///
/// examples  with a label each, below the network's outputs
/// start     its layers' kernels are chosen anew
/// Returns   also if the loss of a step was not finite: kNotFinite, the model being that before it
/// Throws    ShapeError, ArgumentError for input out of its domain; DataError if the checkpoint is
///           damaged or of another training; what observers throw
/// Cost      a train_step() for each batch; an update costs O(active) time and memory, growth by
///           gradient a gradient and one dense product more, growth by momentum that in every step and
///           the dense momentum in memory. No allocation per step between updates
/// Promises  the same seed gives the same bits with any number of threads, in one run or continued;
///           kSparse and kFull give the same bits
template <typename T>
SparseTrainResult<T> fit_sparse(const std::type_identity_t<Examples<T>>& examples,
                                SparseNetwork<T> start,
                                const std::type_identity_t<SparseTrainConfig<T>>& config);

}  // namespace surplus

#endif  // SURPLUS_SPARSE_SPARSE_TRAINING_H_
