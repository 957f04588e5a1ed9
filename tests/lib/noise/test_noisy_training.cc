#define BOOST_TEST_MODULE noisy_training
#include "surplus/noise/noisy_training.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/core/errors.h"
#include "surplus/core/parallel.h"
#include "surplus/noise/baselines.h"
#include "surplus/noise/label_noise.h"
#include "surplus/train/step.h"
#include "surplus/train/train.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus {
namespace {

using tests::says;
using tests::Scratch;
using Labels = std::vector<std::size_t>;
using Json = nlohmann::json;

Matrix<double> matrix_of(const Json& rows) {
  Matrix<double> m(rows.size(), rows[0].size());
  for (std::size_t i = 0; i < m.rows(); ++i) {
    for (std::size_t j = 0; j < m.cols(); ++j) m(i, j) = rows[i][j];
  }
  return m;
}

void check_near(const Matrix<double>& found, const Json& expected) {
  const Matrix<double> golden = matrix_of(expected);
  BOOST_TEST_REQUIRE((found.shape() == golden.shape()));
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    worst = std::max(worst, std::abs(found.values()[i] - golden.values()[i]) /
                                std::max(1.0, std::abs(golden.values()[i])));
  }
  BOOST_TEST(worst < 1e-12);
}

Json golden() {
  std::ifstream file(SURPLUS_GOLDEN "noise_torch.json");
  return Json::parse(file);
}

BOOST_AUTO_TEST_CASE(sop_has_the_losses_and_gradients_of_autograd_in_all_variants) {
  const Json all = golden();
  const Matrix<double> z = matrix_of(all["z"]), u = matrix_of(all["u"]), v = matrix_of(all["v"]);
  const Labels y = all["y"];
  std::size_t cases = 0;
  for (const SopVariant variant : {SopVariant::kPaper, SopVariant::kRepo202202,
                                   SopVariant::kRepo202208, SopVariant::kRepoFinal}) {
    for (const Json& expected : all["sop"]) {
      if (expected["variant"] != std::string(to_text(variant))) continue;
      ++cases;
      const SopConfig config{.variant = variant, .balance = expected["balance"]};
      Matrix<double> d_u(u.rows(), 1), d_v(v.rows(), v.cols());
      ad::Tape<double> tape;
      const auto scores = tape.leaf(z.view());
      const auto loss = sop_loss<double>(config, scores, y, u, v, d_u, d_v);
      BOOST_TEST(loss.item() == expected["loss"].get<double>(),
                 boost::test_tools::tolerance(1e-12));
      check_near(ad::gradient(loss, scores), expected["d_z"]);
      check_near(d_u, expected["d_u"]);
      check_near(d_v, expected["d_v"]);
    }
  }
  BOOST_TEST(cases == 8u);
}

BOOST_AUTO_TEST_CASE(baselines_have_the_losses_and_gradients_of_autograd) {
  const Json all = golden();
  const Matrix<double> z = matrix_of(all["z"]), transition = matrix_of(all["transition"]),
                       weak = matrix_of(all["weak"]);
  check_near(inverse_transition(transition), all["inverse"]);
  const Labels y = all["y"];
  Labels rows(y.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  for (const Json& expected : all["losses"]) {
    const std::string name = expected["name"];
    ad::Tape<double> tape;
    Matrix<double> targets = matrix_of(all["targets"]);
    const Matrix<double> inverse = inverse_transition(transition);
    const auto scores = tape.leaf(z.view());
    const auto loss =
        name == "label-smoothing" ? label_smoothing_loss(scores, y, 0.1)
        : name == "gce"           ? generalized_cross_entropy_loss(scores, y, 0.7)
        : name == "gce-truncated" ? generalized_cross_entropy_loss(scores, y, 0.7, 0.3)
        : name == "aux"           ? auxiliary_loss<double>(scores, y, rows, targets, 1.5, 2)
        : name == "forward"       ? forward_correction_loss(scores, y, transition)
        : name == "backward"      ? backward_correction_loss(scores, y, inverse)
        : name == "elr"           ? early_learning_loss<double>(scores, y, rows, targets, 0.7, 3)
                                  : consistency_loss(tape.leaf(weak.view()), scores);
    BOOST_TEST(loss.item() == expected["loss"].get<double>(), boost::test_tools::tolerance(1e-12));
    BOOST_TEST_CONTEXT(name) { check_near(ad::gradient(loss, scores), expected["d_z"]); }
    if (name != "aux") continue;
    // A step of size 2 from the targets, which stand in for the variables.
    const Matrix<double> before = matrix_of(all["targets"]);
    Matrix<double> step(before.rows(), before.cols());
    for (std::size_t i = 0; i < step.size(); ++i) {
      step.values()[i] = (before.values()[i] - targets.values()[i]) / 2;
    }
    check_near(step, expected["d_b"]);
  }
}

// Two classes of two clusters each, some labels turned.
struct Problem {
  static constexpr std::size_t kSamples = 90;
  MlpConfig mlp{.inputs = 3, .hidden = {12}, .outputs = 3};
  Matrix<float> x{kSamples, 3};
  Labels labels, noisy;

  Problem() {
    Rng rng(1);
    rng.fill_normal(x.values());
    for (std::size_t i = 0; i < kSamples; ++i) {
      labels.push_back(i % 3);
      x(i, i % 3) += 3;
    }
    noisy = symmetric_noise(labels, 3, 0.4, NewLabel::kAny, Rng(2)).labels;
  }
  Examples<float> examples() const { return {.x = x, .labels = noisy}; }
  Parameters<float> start(const NoisyLoss& loss) const {
    const auto one = mlp_parameters<float>(mlp, Rng(3));
    if (!std::holds_alternative<CoTeaching>(loss)) return one;
    return twin_parameters(one, mlp_parameters<float>(mlp, Rng(4)));
  }
};

std::vector<NoisyLoss> all_losses() {
  const Matrix<double> t = symmetric_transition(3, 0.4, NewLabel::kAny);
  return {CrossEntropy{},
          LabelSmoothing{},
          GeneralizedCrossEntropy{},
          ForwardCorrection{t},
          BackwardCorrection{inverse_transition(t)},
          EarlyLearning{},
          CoTeaching{.noise_rate = 0.3, .ramp_epochs = 3},
          Mixup{},
          GeneralizedCrossEntropy{.k = 0.3, .warm_up = 2},
          AuxiliaryVariables{.rate = 10},
          InitialDistance{.lambda = 0.1, .start = Matrix<double>(1, 87, 0.01)},
          SopConfig{.alpha_u = 20, .alpha_v = 20, .start_scale = 1e-2},
          SopConfig{.alpha_u = 20,
                    .alpha_v = 20,
                    .start_scale = 1e-2,
                    .variant = SopVariant::kRepoFinal,
                    .balance = 0.1,
                    .consistency = 0.9}};
}

const View<float> kJitter = [](MatrixView<const float> x, Rng rng, MatrixView<float> out) {
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) {
      out(i, j) = x(i, j) + 0.3f * static_cast<float>(rng.normal());
    }
  }
};

struct Trained {
  TrainResult<float> result;
  NoisyState<float> state;
};

TrainConfig<float> settings() {
  return {.epochs = 6,
          .batch_size = 16,
          .drop_last = true,
          .optimizer = {.rule = UpdateRule::kMomentum},
          .schedule = {.rate = 0.05},
          .seed = 5};
}

Trained trained(const Problem& problem, const NoisyLoss& loss) {
  Trained t{{}, start_noisy<float>(loss, Problem::kSamples, 3, Rng(6))};
  t.result =
      train<float>(noisy_objective<float>(loss, mlp_scores<float>(problem.mlp), t.state, kJitter),
                   problem.examples(), problem.start(loss), settings());
  return t;
}

BOOST_AUTO_TEST_CASE(every_method_trains_to_the_same_bits_with_any_number_of_threads) {
  const Problem problem;
  for (const NoisyLoss& loss : all_losses()) {
    set_thread_count(1);
    const Trained one = trained(problem, loss);
    set_thread_count(4);
    const Trained four = trained(problem, loss);
    set_thread_count(0);
    BOOST_TEST((one.result.parameters == four.result.parameters), to_text(loss));
    BOOST_TEST((one.state.sop == four.state.sop), to_text(loss));
    BOOST_TEST((one.state.averages == four.state.averages), to_text(loss));
    BOOST_TEST((one.state.auxiliary == four.state.auxiliary), to_text(loss));
    // And it learns: the true labels, from the noisy ones.
    const auto network = noisy_scores(loss, mlp_scores<float>(problem.mlp));
    const Matrix<float> scores = predict<float>(network, one.result.parameters, problem.x);
    BOOST_TEST(error_rate<float>(scores, problem.labels) < 0.35, to_text(loss));
  }
}

BOOST_AUTO_TEST_CASE(every_method_continues_from_its_checkpoint_to_the_same_bits) {
  const Problem problem;
  const Scratch scratch;
  std::size_t number = 0;
  for (const NoisyLoss& loss : all_losses()) {
    const Trained whole = trained(problem, loss);
    TrainConfig<float> config = settings();
    config.checkpoint = scratch / (std::to_string(number++) + ".npz");
    TrainResult<float> result;
    NoisyState<float> state;
    for (std::size_t runs = 0; runs == 0 || result.stop == Stop::kCancelled; ++runs) {
      BOOST_TEST_REQUIRE(runs < 30u);
      // Another start each time, which the file overrules.
      state = start_noisy<float>(loss, Problem::kSamples, 3, Rng(runs == 0 ? 6 : 99));
      config.carried = state.carried();
      std::size_t steps = 0;
      config.on_step = [&](const Progress&) { return ++steps < 7; };
      result =
          train<float>(noisy_objective<float>(loss, mlp_scores<float>(problem.mlp), state, kJitter),
                       problem.examples(), problem.start(loss), config);
    }
    BOOST_TEST((result.parameters == whole.result.parameters), to_text(loss));
    BOOST_TEST((state.sop == whole.state.sop), to_text(loss));
    BOOST_TEST((state.averages == whole.state.averages), to_text(loss));
    BOOST_TEST((state.auxiliary == whole.state.auxiliary), to_text(loss));
  }
}

BOOST_AUTO_TEST_CASE(sop_with_step_sizes_0_trains_as_cross_entropy) {
  const Problem problem;
  const Trained entropy = trained(problem, CrossEntropy{});
  const Trained sop = trained(
      problem, SopConfig{.alpha_u = 0, .alpha_v = 0, .start_scale = 1e-12, .epsilon = 1e-9});
  double worst = 0;
  const auto a = entropy.result.parameters.flat(), b = sop.result.parameters.flat();
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(double{a[i]} - double{b[i]}));
  }
  BOOST_TEST(worst < 1e-5);
}

BOOST_AUTO_TEST_CASE(early_learning_targets_are_averages_of_predictions) {
  const Matrix<double> z = {{1, 0, -1}, {0, 0, 0}};
  Matrix<double> targets(5, 3);
  ad::Tape<double> tape;
  const Labels labels = {0, 2}, rows = {4, 1};
  early_learning_loss<double>(tape.leaf(z.view()), labels, rows, targets, 0.9, 3);
  const double sum = std::exp(1.0) + 1 + std::exp(-1.0);
  BOOST_TEST(targets(4, 0) == 0.1 * std::exp(1.0) / sum, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(targets(1, 2) == 0.1 / 3, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(targets(0, 0) == 0);
  Matrix<double> bad = z;
  bad(0, 0) = std::nan("");
  const Matrix<double> before = targets;
  early_learning_loss<double>(tape.leaf(bad.view()), labels, rows, targets, 0.9, 3);
  BOOST_TEST((targets == before));
}

BOOST_AUTO_TEST_CASE(a_truncated_loss_drops_what_it_does_not_believe_after_the_warm_up) {
  // p_y is .5 and .12: with k = .3 the second sample counts a constant and moves nothing.
  const Matrix<double> z = {{0, 0}, {0, 2}};
  const Labels labels = {0, 0};
  ad::Tape<double> tape;
  const auto scores = tape.leaf(z.view());
  const auto loss = generalized_cross_entropy_loss(scores, labels, 0.7, 0.3);
  BOOST_TEST(loss.item() == ((1 - std::pow(0.5, 0.7)) + (1 - std::pow(0.3, 0.7))) / 0.7 / 2,
             boost::test_tools::tolerance(1e-12));
  const Matrix<double> d = ad::gradient(loss, scores);
  BOOST_TEST(d(0, 0) < 0);
  BOOST_TEST(d(1, 0) == 0);
  BOOST_TEST(d(1, 1) == 0);
  const Problem problem;
  const auto weights = [&](const NoisyLoss& one) {
    return trained(problem, one).result.parameters;
  };
  BOOST_TEST((weights(GeneralizedCrossEntropy{.k = 0.3, .warm_up = 6}) ==
              weights(GeneralizedCrossEntropy{})));
  BOOST_TEST((weights(GeneralizedCrossEntropy{.k = 0.3, .warm_up = 5}) !=
              weights(GeneralizedCrossEntropy{})));
}

BOOST_AUTO_TEST_CASE(auxiliary_variables_take_up_wrong_labels_and_stay_if_the_loss_is_not_finite) {
  const Problem problem;
  const Trained aux = trained(problem, AuxiliaryVariables{.lambda = 1, .rate = 30});
  double right = 0, wrong = 0, of_right = 0, of_wrong = 0;
  for (std::size_t i = 0; i < Problem::kSamples; ++i) {
    const bool turned = problem.noisy[i] != problem.labels[i];
    const double at_label = double{aux.state.auxiliary(i, problem.noisy[i])};
    (turned ? wrong : right) += 1;
    (turned ? of_wrong : of_right) += at_label;
  }
  BOOST_TEST(of_wrong / wrong > 2 * of_right / right);
  Matrix<double> b(2, 2, 0.5);
  const Matrix<double> before = b, z = {{std::nan(""), 0}, {0, 0}};
  ad::Tape<double> tape;
  const Labels labels = {0, 1}, rows = {0, 1};
  auxiliary_loss<double>(tape.leaf(z.view()), labels, rows, b, 1, 1);
  BOOST_TEST((b == before));
}

BOOST_AUTO_TEST_CASE(the_distance_to_the_start_pulls_each_parameter_back) {
  Parameters<double> w({{"a", {2, 3}}, {"b", {1, 2}}});
  Rng(1).fill_normal(w.flat());
  Matrix<double> start(1, w.size());
  Rng(2).fill_normal(start.values());
  ad::Tape<double> tape;
  const auto leaves = leaves_of(w, tape);
  const auto distance = distance_to_start<double>(leaves, start, 0.3);
  Parameters<double> d(w.layout());
  ad::gradient(distance, sinks_of(leaves, d));
  double square = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    const double away = w.flat()[i] - start(0, i);
    square += away * away;
    BOOST_TEST(d.flat()[i] == 0.09 * away, boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(distance.item() == 0.045 * square, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(each_of_two_teachers_picks_the_small_losses_of_the_other) {
  // The first network's losses rank the rows 0, 1, 2, the second's 2, 1, 0.
  const Matrix<double> first = {{4, 0}, {1, 0}, {-3, 0}}, second = {{-2, 0}, {0.5, 0}, {5, 0}};
  const Labels labels = {0, 0, 0};
  ad::Tape<double> tape;
  const auto a = tape.leaf(first.view()), b = tape.leaf(second.view());
  const auto loss = co_teaching_loss(a, b, labels, 0.4);  // one row each
  const auto entropy = [](double z) { return std::log(1 + std::exp(-z)); };
  BOOST_TEST(loss.item() == entropy(-3) + entropy(-2), boost::test_tools::tolerance(1e-12));
  const Matrix<double> d = ad::gradient(loss, a);
  BOOST_TEST(d(0, 0) == 0);
  BOOST_TEST(d(2, 0) < 0);
  const auto both = co_teaching_loss(a, b, labels, 1);
  BOOST_TEST(
      both.item() ==
          (entropy(4) + entropy(1) + entropy(-3) + entropy(-2) + entropy(0.5) + entropy(5)) / 3,
      boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(the_mean_of_the_backward_correction_over_the_noise_is_the_true_cross_entropy) {
  const Matrix<double> t = map_transition(pair_map(3), 0.3), z = {{0.3, -1, 2}};
  const Matrix<double> inverse = inverse_transition(t);
  double sum = 0, total = 0;
  for (std::size_t b = 0; b < 3; ++b) {
    ad::Tape<double> tape;
    const Labels label = {b};
    sum += t(1, b) * backward_correction_loss<double>(tape.leaf(z.view()), label, inverse).item();
    total += std::exp(z(0, b));
  }
  BOOST_TEST(sum == std::log(total) + 1, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(mixup_weights_are_beta_variables) {
  for (const double a : {0.3, 1.0, 4.0}) {
    Rng rng(1);
    double mean = 0, square = 0;
    constexpr std::size_t kDraws = 20000;
    for (std::size_t i = 0; i < kDraws; ++i) {
      const double l = mixup_weight(a, rng);
      BOOST_TEST_REQUIRE((l >= 0 && l <= 1));
      mean += l / kDraws;
      square += (l - 0.5) * (l - 0.5) / kDraws;
    }
    BOOST_TEST(std::abs(mean - 0.5) < 0.012);
    const double variance = 1 / (4 * (2 * a + 1));
    BOOST_TEST(std::abs(square / variance - 1) < 0.04);
  }
}

BOOST_AUTO_TEST_CASE(bad_input_is_one_error) {
  const Matrix<double> z(2, 3);
  ad::Tape<double> tape;
  const auto scores = tape.leaf(z.view());
  const Labels labels = {0, 2}, rows = {0, 1};
  const auto refuses = [](auto call, const std::string& text) {
    BOOST_CHECK_EXCEPTION(call(), std::exception, says(text));
  };
  Matrix<double> targets(2, 3), square(2, 2), singular(3, 3);
  refuses([&] { label_smoothing_loss(scores, labels, 1); },
          "label_smoothing_loss: a must be below 1; got a 1");
  refuses([&] { label_smoothing_loss(scores, Labels{0}, 0.1); },
          "label_smoothing_loss: there must be scores, and one label per row; got labels 1, scores "
          "2 x 3");
  refuses([&] { generalized_cross_entropy_loss(scores, labels, 0); },
          "generalized_cross_entropy_loss: q must be above 0 and at most 1; got q 0");
  refuses(
      [&] {
        generalized_cross_entropy_loss(scores, Labels{0, 3}, 0.7);
      },
      "generalized_cross_entropy_loss: labels must be below the columns of the scores; got "
      "index 1, label 3, columns 3");
  refuses([&] { forward_correction_loss(scores, labels, square); },
          "forward_correction_loss: the matrix must have a row and a column per class; got matrix "
          "2 x 2, classes 3");
  refuses([&] { backward_correction_loss(scores, labels, square); },
          "backward_correction_loss: the matrix must have a row and a column per class; got matrix "
          "2 x 2, classes 3");
  refuses([&] { inverse_transition(singular); },
          "inverse_transition: the transition must be invertible; got column 0, pivot 0");
  refuses([&] { inverse_transition(targets); },
          "inverse_transition: the matrix must have a row and a column per class; got matrix 2 x "
          "3, classes 2");
  const auto elr = [&](const Labels& some, double beta, double lambda) {
    early_learning_loss<double>(scores, labels, some, targets, beta, lambda);
  };
  refuses([&] { elr(rows, 1, 3); },
          "early_learning_loss: beta must be 0 or more, below 1; got beta 1");
  refuses([&] { elr(rows, 0.7, -1); },
          "early_learning_loss: lambda must be 0 or more; got lambda -1");
  refuses([&] { elr({0}, 0.7, 3); },
          "early_learning_loss: there must be a row of targets for each label; got rows 1, labels "
          "2, targets 2 x 3, classes 3");
  refuses(
      [&] {
        elr({0, 2}, 0.7, 3);
      },
      "early_learning_loss: rows must be below the number of samples; got row 2, samples 2");
  refuses([&] { generalized_cross_entropy_loss(scores, labels, 0.7, 1); },
          "generalized_cross_entropy_loss: k must be 0 or more, below 1; got k 1");
  refuses([&] { auxiliary_loss<double>(scores, labels, rows, targets, -1, 1); },
          "auxiliary_loss: lambda and rate must be 0 or more; got lambda -1, rate 1");
  refuses([&] { auxiliary_loss<double>(scores, labels, rows, square, 1, 1); },
          "auxiliary_loss: there must be a row of auxiliary variables for each label; got rows 2, "
          "labels 2, auxiliary variables 2 x 2, classes 3");
  const std::vector<ad::Var<double>> leaves = {scores};
  refuses([&] { distance_to_start<double>(leaves, square, 1); },
          "distance_to_start: the start must be a row with a number per parameter; got start 2 x "
          "2, parameters 6");
  const Matrix<double> row(1, 6);
  refuses([&] { distance_to_start<double>(leaves, row, -1); },
          "distance_to_start: lambda must be 0 or more; got lambda -1");
  refuses([&] { co_teaching_loss(scores, scores, labels, 0); },
          "co_teaching_loss: kept must be above 0 and at most 1; got kept 0");
  refuses([&] { co_teaching_loss(scores, tape.leaf(square.view()), labels, 1); },
          "co_teaching_loss: both networks must have scores of one shape; got first 2 x 3, second "
          "2 x 2");
  Rng rng(1);
  refuses([&] { mixup_weight(0, rng); }, "mixup_weight: a must be above 0; got a 0");
  NoisyState<double> state;
  const auto network = mlp_scores<double>({});
  refuses([&] { noisy_objective<double>(SopConfig{.consistency = 0.9}, network, state); },
          "noisy_objective: consistency needs a second view; got consistency 0.9");
  refuses([&] { noisy_objective<double>(CoTeaching{.noise_rate = 1}, network, state); },
          "noisy_objective: noise_rate must be 0 or more, below 1, and ramp_epochs at least 1; got "
          "noise_rate 1, ramp_epochs 10");
  const Parameters<double> one({{"w", {1, 1}}}), other({{"w", {1, 2}}});
  refuses([&] { twin_parameters(one, other); },
          "twin_parameters: both bundles must have one layout; got first 1, second 1");
}

// The running averages after one step of a loss, under these names.
Parameters<double> after_a_step(const NoisyLoss& loss, const Parameters<double>& start,
                                const ResnetConfig& network) {
  Matrix<double> x(6, 3 * 4 * 4);
  Rng(3).fill_normal(x.values());
  const Labels labels = {0, 1, 2, 0, 1, 2}, rows = {0, 1, 2, 3, 4, 5};
  NoisyState<double> state = start_noisy<double>(loss, 6, 3, Rng(1));
  Parameters<double> parameters = start;
  auto optimizer = start_optimizer<double>({}, parameters.size());
  StepMemory<double> memory;
  train_step<double>(
      noisy_objective<double>(loss, resnet_scores<double>(network), state),
      {.examples = {.x = x, .labels = labels}, .rng = Rng(1), .training = true, .rows = rows}, {},
      parameters, optimizer, memory);
  return parameters;
}

BOOST_AUTO_TEST_CASE(residual_networks_keep_their_running_averages_under_every_loss) {
  ResnetConfig network = small_resnet(1, 2);
  network.height = network.width = 4;
  network.outputs = 3;
  const auto one = resnet_parameters<double>(network, Rng(1)),
             other = resnet_parameters<double>(network, Rng(2));
  const auto of_one = after_a_step(CrossEntropy{}, one, network),
             of_other = after_a_step(CrossEntropy{}, other, network),
             of_sop = after_a_step(SopConfig{}, one, network),
             of_both =
                 after_a_step(CoTeaching{.noise_rate = 0.2}, twin_parameters(one, other), network);
  for (const std::string name : {"bn1.running_mean", "layer3.0.bn2.running_var"}) {
    const auto matrix = [&](const Parameters<double>& of, const std::string& prefix) {
      return Matrix<double>(of[prefix + name]);
    };
    BOOST_TEST((matrix(of_one, "") != matrix(one, "")));
    BOOST_TEST((matrix(of_sop, "") == matrix(of_one, "")));
    BOOST_TEST((matrix(of_both, "first/") == matrix(of_one, "")));
    BOOST_TEST((matrix(of_both, "second/") == matrix(of_other, "")));
  }
}

}  // namespace
}  // namespace surplus
