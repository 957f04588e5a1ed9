#include "surplus/train/objective.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "surplus/autodiff/ops/checkpoint.h"
#include "surplus/autodiff/ops/mean_squared_error.h"
#include "surplus/autodiff/ops/rearrange.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/softmax.h"
#include "surplus/core/errors.h"

namespace surplus {
namespace {

// use(begin, batch, f(batch)) for batches that cover the examples, as an evaluation has them.
template <typename T, typename F, typename Use>
void in_pieces(const F& f, const Parameters<T>& parameters, const Examples<T>& examples,
               const Use& use) {
  constexpr std::size_t kRows = 1000;
  const std::size_t n = examples.x.rows();
  ad::Tape<T> tape;
  for (std::size_t begin = 0; begin < n; begin += kRows) {
    const std::size_t rows = std::min(kRows, n - begin);
    Batch<T> batch{.examples = {.x = examples.x.block(begin, 0, rows, examples.x.cols())},
                   .rng = Rng(0),
                   .training = false};
    if (!examples.labels.empty()) batch.examples.labels = examples.labels.subspan(begin, rows);
    if (!examples.targets.empty()) {
      batch.examples.targets = examples.targets.block(begin, 0, rows, examples.targets.cols());
    }
    tape.clear();
    use(begin, batch, f(tape, leaves_of(parameters, tape), batch));
  }
}

}  // namespace

template <typename T>
Scores<T> mlp_scores(MlpConfig network) {
  return [network = std::move(network)](ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters,
                                        const Batch<T>& batch) {
    return mlp(network, parameters, tape.leaf(batch.examples.x));
  };
}

template <typename T>
Scores<T> resnet_scores(ResnetConfig network) {
  return [network = std::move(network)](ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters,
                                        const Batch<T>& batch) {
    constexpr std::size_t kImages = 32;
    const MatrixView<const T> x = batch.examples.x;
    if (batch.training || x.rows() <= kImages) {
      return resnet(network, parameters, tape.leaf(x), batch.training, batch.assignments);
    }
    std::vector<ad::Var<T>> parts, operands(parameters.begin(), parameters.end());
    operands.emplace_back();
    for (std::size_t begin = 0; begin < x.rows(); begin += kImages) {
      operands.back() = tape.leaf(x.block(begin, 0, std::min(kImages, x.rows() - begin), x.cols()));
      const auto some = [network](ad::Tape<T>&, std::span<const ad::Var<T>> z) {
        return resnet(network, z.first(z.size() - 1), z.back(), false);
      };
      parts.push_back(ad::checkpoint<T>(some, operands));
    }
    return ad::concat_rows<T>(parts);
  };
}

template <typename T>
Objective<T> classification(Scores<T> network) {
  return [network = std::move(network)](ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters,
                                        const Batch<T>& batch) {
    const auto scores = network(tape, parameters, batch);
    return ad::mean(ad::softmax_cross_entropy(scores, batch.examples.labels));
  };
}

template <typename T>
Objective<T> classification(MlpConfig network) {
  return classification(mlp_scores<T>(std::move(network)));
}

template <typename T>
Objective<T> regression(MlpConfig network) {
  return [network = std::move(network)](ad::Tape<T>& tape, std::span<const ad::Var<T>> parameters,
                                        const Batch<T>& batch) {
    const auto outputs = mlp(network, parameters, tape.leaf(batch.examples.x));
    return ad::mean_squared_error(outputs, tape.leaf(batch.examples.targets));
  };
}

template <typename T>
void require_examples(std::string_view function, const Examples<T>& examples) {
  const std::size_t n = examples.x.rows(), labels = examples.labels.size(),
                    targets = examples.targets.rows();
  SURPLUS_REQUIRE(n >= 1, ShapeError, function, "there must be an example", "x",
                  examples.x.shape());
  SURPLUS_REQUIRE(labels == 0 || labels == n, ShapeError, function,
                  "there must be a label per row of x, or none", "labels", labels, "x",
                  examples.x.shape());
  SURPLUS_REQUIRE(targets == 0 || targets == n, ShapeError, function,
                  "there must be a row of targets per row of x, or none", "targets",
                  examples.targets.shape(), "x", examples.x.shape());
}

template <typename T>
double evaluate(const std::type_identity_t<Objective<T>>& objective,
                const Parameters<T>& parameters, const Examples<T>& examples) {
  require_examples("evaluate", examples);
  double sum = 0;
  const auto add = [&](std::size_t, const Batch<T>& batch, const ad::Var<T>& loss) {
    sum += static_cast<double>(loss.item()) * static_cast<double>(batch.examples.x.rows());
  };
  in_pieces<T>(objective, parameters, examples, add);
  return sum / static_cast<double>(examples.x.rows());
}

template <typename T>
Matrix<T> predict(const std::type_identity_t<Scores<T>>& network, const Parameters<T>& parameters,
                  std::type_identity_t<MatrixView<const T>> x) {
  Matrix<T> scores;
  const auto copy = [&](std::size_t begin, const Batch<T>& batch, const ad::Var<T>& some) {
    if (begin == 0) scores = Matrix<T>(x.rows(), some.shape().cols);
    for (std::size_t i = 0; i < batch.examples.x.rows(); ++i) {
      std::ranges::copy(some.value().row(i), scores.row(begin + i).begin());
    }
  };
  in_pieces<T>(network, parameters, Examples<T>{.x = x}, copy);
  return scores;
}

template <typename T>
double error_rate(MatrixView<const T> scores, std::span<const std::size_t> labels) {
  SURPLUS_REQUIRE(!scores.empty() && labels.size() == scores.rows(), ShapeError, "error_rate",
                  "there must be scores, and a label per row", "scores", scores.shape(), "labels",
                  labels.size());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = scores.row(i);
    const auto first = std::ranges::max_element(row) - row.begin();
    wrong += static_cast<std::size_t>(first) != labels[i];
  }
  return static_cast<double>(wrong) / static_cast<double>(labels.size());
}

#define SURPLUS_INSTANTIATE(T)                                                             \
  template Scores<T> resnet_scores(ResnetConfig);                                          \
  template Scores<T> mlp_scores(MlpConfig);                                                \
  template Objective<T> classification(MlpConfig);                                         \
  template Objective<T> classification(Scores<T>);                                         \
  template Matrix<T> predict(const Scores<T>&, const Parameters<T>&, MatrixView<const T>); \
  template Objective<T> regression(MlpConfig);                                             \
  template void require_examples(std::string_view, const Examples<T>&);                    \
  template double evaluate(const Objective<T>&, const Parameters<T>&, const Examples<T>&); \
  template double error_rate(MatrixView<const T>, std::span<const std::size_t>);
SURPLUS_INSTANTIATE(float)
SURPLUS_INSTANTIATE(double)
#undef SURPLUS_INSTANTIATE

}  // namespace surplus
