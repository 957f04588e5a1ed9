#include "apps/studies/classifier_width/student.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/runner/cells.h"
#include "apps/studies/classifier_width/polynomial.h"
#include "surplus/core/parallel.h"
#include "surplus/train/online.h"

namespace surplus::apps::classifier_width {
namespace {

MlpConfig network_of(std::size_t inputs, std::size_t units) {
  return {.inputs = inputs, .hidden = {units}, .activation = ad::Activation::kTanh};
}

// Hidden weights and biases N(0, spread^2), output weights N(0, 1 / units), output bias 0.
Parameters<float> start_of(const MlpConfig& network, double spread, Rng rng) {
  Parameters<float> w = mlp_parameters<float>(network, rng);
  rng.fill_normal(w.flat());
  const std::size_t readout = w.offset(2);
  const double units = static_cast<double>(network.hidden[0]);
  for (std::size_t i = 0; i < w.size(); ++i) {
    w.flat()[i] *= static_cast<float>(i < readout ? spread : 1 / std::sqrt(units));
  }
  w[3](0, 0) = 0;
  return w;
}

double mean_square(const Matrix<float>& answers, MatrixView<const float> targets) {
  double sum = 0;
  for (std::size_t i = 0; i < answers.rows(); ++i) {
    sum += std::pow(static_cast<double>(answers(i, 0)) - static_cast<double>(targets(i, 0)), 2);
  }
  return sum / static_cast<double>(answers.rows());
}

Examples<float> rows_of(const Matrix<float>& x, const Matrix<float>& y, std::size_t first,
                        std::size_t count) {
  return {.x = x.view().block(first, 0, count, x.cols()),
          .targets = y.view().block(first, 0, count, 1)};
}

OnlineConfig<float> online_config(double first_rate, std::size_t units, std::size_t updates,
                                  const Rng& rng, const Run& run) {
  const double narrowing = std::max(1.0, static_cast<double>(units) / 10);
  return {.updates = updates,
          .schedule = {.kind = ScheduleKind::kLinear,
                       .rate = first_rate / narrowing,
                       .period = std::max<std::size_t>(updates, 1)},
          .seed = Rng(rng).bits(),
          .on_record = run.observer()};
}

std::vector<StudentFit> fit_students(const StudentDesign& design, const Rng& rng, const Run& run) {
  const Lesson lesson = make_lesson(design.n, design.complexity, design.noise, rng);
  const auto held_out = static_cast<std::size_t>(design.held_out * static_cast<double>(design.n));
  const std::size_t n = design.n - held_out;
  const Examples<float> examples = rows_of(lesson.x, lesson.y, 0, n);
  std::vector<StudentFit> fits;
  for (const std::size_t units : design.widths) {
    const MlpConfig network = network_of(kInputs, units);
    StudentFit fit{static_cast<double>(units)};
    Matrix<float> sum(kTestRows, 1);
    for (std::size_t member = 0; member < design.members; ++member) {
      const Rng own = rng.split("student").split(units).split(member);
      OnlineConfig<float> config =
          online_config(0.05, units, design.updates, own.split("order"), run);
      config.weight_decay = design.decay;
      if (held_out > 0) {
        config.validation = rows_of(lesson.x, lesson.y, n, held_out);
        config.keep_best = true;
      }
      const auto result = train_online<float>(
          network, examples, start_of(network, 1 / std::sqrt(21.0), own.split("start")), config);
      const Matrix<float> answers = predict<float>(network, result.parameters, lesson.test_x);
      for (std::size_t i = 0; i < kTestRows; ++i) {
        sum(i, 0) += answers(i, 0) / static_cast<float>(design.members);
      }
      if (member > 0) continue;
      fit.train =
          mean_square(predict<float>(network, result.parameters, examples.x), examples.targets);
      fit.test = mean_square(answers, lesson.test_y);
      fit.updates = static_cast<double>(held_out > 0 ? result.best_updates : result.updates);
    }
    fit.ensemble = mean_square(sum, lesson.test_y);
    fits.push_back(fit);
  }
  return fits;
}

// The 21 points and the grid, scaled as the inputs of the networks are.
Matrix<float> scaled(const std::vector<double>& x) {
  Matrix<float> inputs(x.size(), 1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    inputs(i, 0) = static_cast<float>((x[i] - 10) / 6.0553);
  }
  return inputs;
}

struct CurveFit {
  double train = 0;
  std::vector<double> grid;
};

CurveFit fit_curve(const CurveDesign& design, std::size_t units, const std::vector<double>& sample,
                   const Rng& rng, const Run& run) {
  Matrix<float> y(kPoints, 1);
  std::vector<double> points(kPoints);
  for (std::size_t i = 0; i < kPoints; ++i) {
    y(i, 0) = static_cast<float>(sample[i]);
    points[i] = static_cast<double>(i);
  }
  const Matrix<float> x = scaled(points);
  const MlpConfig network = network_of(1, units);
  const auto result = train_online<float>(
      network, {.x = x, .targets = y}, start_of(network, 1, rng.split("start")),
      online_config(design.rate, units, design.updates, rng.split("order"), run));
  CurveFit fit{mean_square(predict<float>(network, result.parameters, x), y), {}};
  const Matrix<float> curve = predict<float>(network, result.parameters, scaled(grid_points()));
  for (std::size_t i = 0; i < kGridPoints; ++i) fit.grid.push_back(curve(i, 0));
  return fit;
}

}  // namespace

Lesson make_lesson(std::size_t n, double complexity, double noise, const Rng& rng) {
  const MlpConfig network = network_of(kInputs, kTeacherUnits);
  Parameters<float> teacher = mlp_parameters<float>(network, rng);
  rng.split("teacher").fill_uniform(teacher.flat());
  for (float& weight : teacher.flat()) weight = static_cast<float>(complexity) * (2 * weight - 1);
  Lesson lesson{Matrix<float>(n, kInputs), {}, Matrix<float>(kTestRows, kInputs), {}};
  rng.split("test").fill_normal(lesson.test_x.values());
  rng.split("train").fill_normal(lesson.x.values());
  lesson.y = predict<float>(network, teacher, lesson.x);
  lesson.test_y = predict<float>(network, teacher, lesson.test_x);

  double mean = 0, square = 0;
  for (const float y : lesson.test_y.values()) {
    mean += static_cast<double>(y) / kTestRows;
    square += static_cast<double>(y) * static_cast<double>(y) / kTestRows;
  }
  const double deviation = std::sqrt(square - mean * mean);
  Rng noises = rng.split("noise");
  for (float& y : lesson.test_y.values()) y = static_cast<float>((y - mean) / deviation);
  for (float& y : lesson.y.values()) {
    y = static_cast<float>((y - mean) / deviation + noise * noises.normal());
  }
  return lesson;
}

std::size_t weights_of(std::size_t inputs, std::size_t units) { return (inputs + 2) * units + 1; }

double student_seconds(const StudentDesign& design) {
  double sum = 0;
  for (const std::size_t units : design.widths) {
    sum += static_cast<double>(design.members * design.updates) *
           (7e-8 + 2.5e-9 * static_cast<double>(units));
  }
  return static_cast<double>(design.seeds) * sum;
}

StudentCurve run_students(const StudentDesign& design, Run& run) {
  StudentCurve curve{design, std::vector<std::vector<StudentFit>>(design.seeds)};
  parallel_for(design.seeds, [&](std::size_t seed) {
    curve.seeds[seed] = unpack<StudentFit>(run.cell(
        fmt::format("{}, seed {}", design.name, seed),
        student_seconds(design) / static_cast<double>(design.seeds),
        design.widths.size() * kValues<StudentFit>,
        [&] { return pack(fit_students(design, run.rng().split("B").split(seed), run)); }));
  });
  return curve;
}

double curve_seconds(const CurveDesign& design) {
  double sum = 0;
  for (const std::size_t units : design.widths) {
    sum += static_cast<double>(design.seeds * design.updates) *
           (5e-8 + 8e-10 * static_cast<double>(units));
  }
  return sum;
}

StudentCurve run_curve_students(const CurveDesign& design, Run& run) {
  StudentCurve curve{{.name = "1-h-1",
                      .n = kPoints,
                      .updates = design.updates,
                      .seeds = design.seeds,
                      .widths = design.widths},
                     std::vector<std::vector<StudentFit>>(design.seeds)};
  const std::vector<double> x = grid_points();
  parallel_for(design.seeds, [&](std::size_t seed) {
    const auto compute = [&] {
      const Rng rng = run.rng().split("A'").split(seed);
      const Matrix<double> y = noisy_values(1, rng);
      const std::vector<double> sample(y.values().begin(), y.values().end());
      std::vector<StudentFit> fits;
      for (const std::size_t units : design.widths) {
        const CurveFit fit = fit_curve(design, units, sample, rng.split(units), run);
        double sum = 0;
        for (std::size_t i = 0; i < kGridPoints; ++i) {
          sum += std::pow(fit.grid[i] - true_curve(x[i]), 2);
        }
        const double test = sum / kGridPoints;
        fits.push_back({static_cast<double>(units), fit.train, test, test,
                        static_cast<double>(design.updates)});
      }
      return pack(fits);
    };
    curve.seeds[seed] = unpack<StudentFit>(run.cell(
        fmt::format("A', seed {}", seed), curve_seconds(design) / static_cast<double>(design.seeds),
        design.widths.size() * kValues<StudentFit>, compute));
  });
  return curve;
}

std::vector<double> fitted_curve(const CurveDesign& design, std::size_t units,
                                 const std::vector<double>& sample, const Rng& rng,
                                 const Run& run) {
  return fit_curve(design, units, sample, rng, run).grid;
}

}  // namespace surplus::apps::classifier_width
