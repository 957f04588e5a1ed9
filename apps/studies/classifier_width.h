/// classifier-width: more parameters in the part of a model that makes the decision keep improving
/// its fit while its test error rises; or they do not, depending on noise, examples and optimizer.
///
/// Polynomials and small networks on 21 noisy points; students of growing width with a known teacher,
/// with and without noise, with many examples (the U) and few (the second descent); weight decay,
/// early stopping and shorter training as controls; a classifier on random features and flipped
/// labels.
///
/// Source  Zhou (2021), Why over-parameterization of deep neural networks does not overfit?, Sci. China
///         Inf. Sci. 64, figure 1(b), after Lawrence, Giles, Tsoi (1997), Lessons in neural network
///         training: overfitting may be harder than expected, AAAI, which argues the other side
#ifndef SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_H_
#define SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "apps/studies/classifier_width/classification.h"
#include "apps/studies/classifier_width/polynomial.h"
#include "apps/studies/classifier_width/student.h"
#include "apps/studies/study.h"

namespace surplus::apps {

struct ClassifierWidth {
  static constexpr std::string_view kName = "classifier-width";
  static constexpr std::string_view kPaper =
      "Zhou (2021), Why over-parameterization of deep neural networks does not overfit?, after "
      "Lawrence, Giles, Tsoi (1997), Lessons in neural network training: overfitting may be harder "
      "than expected, AAAI";
  static constexpr std::string_view kClaim =
      "A predictor with too many parameters fits ever better and predicts worse; this needs noise, "
      "and training long enough, and passes when weights outnumber examples";

  struct Config {
    std::uint64_t polynomial_draws = 1000;
    std::uint64_t ridge_draws = 1000;
    std::vector<std::uint64_t> curve_units = {1, 2, 3, 5, 10, 20, 30, 50};
    std::uint64_t curve_seeds = 60;
    std::uint64_t curve_updates = 100000;
    double curve_rate = 0.1;
    std::vector<std::uint64_t> many_units = {2, 5, 10, 20, 40, 80};
    std::uint64_t many_seeds = 20;
    std::uint64_t many_updates = 400000;
    bool controls = true;
    std::vector<double> decays = {1e-3, 1e-2};
    double held_out = 0.2;
    std::uint64_t fewer_updates = 40000;
    std::uint64_t members = 5;
    std::vector<std::uint64_t> few_units = {1, 2, 3, 4, 6, 8, 10, 12, 15, 20, 30, 50, 100};
    std::uint64_t few_seeds = 40;
    std::uint64_t few_updates = 200000;
    std::vector<double> complexities = {5};
    std::uint64_t class_examples = 400;
    std::vector<std::uint64_t> class_widths = {4,   10,  20,  40,  80,  160, 240, 320,  360,
                                               380, 400, 420, 440, 480, 600, 800, 1600, 3200};
    std::uint64_t class_seeds = 20;
    double flipped = 0.15;
    std::vector<std::uint64_t> lawrence_examples = {};
    std::vector<double> lawrence_complexities = {1, 2, 4, 7, 10};
    std::vector<std::uint64_t> lawrence_units = {10, 20, 30, 40, 50};
    std::uint64_t lawrence_runs = 10;
    std::uint64_t lawrence_updates = 10000000;

    template <typename Visitor>
    void visit(Visitor&& visit) {
      visit("polynomial_draws", polynomial_draws, "A: samples of 21 points");
      visit("ridge_draws", ridge_draws, "A: of them for ridge regression of order 20");
      visit("curve_units", curve_units, "A': hidden units of networks on the 21 points");
      visit("curve_seeds", curve_seeds, "A': samples and starts; 0 for none");
      visit("curve_updates", curve_updates, "A': updates");
      visit("curve_rate", curve_rate, "A': first rate, over h / 10 for more than 10 units");
      visit("many_units", many_units, "B: hidden units of students with 2000 examples");
      visit("many_seeds", many_seeds, "B: teachers and starts");
      visit("many_updates", many_updates, "B: updates");
      visit("controls", controls, "B: weight decay, early stopping and fewer updates");
      visit("decays", decays, "B: weight decays of the first control");
      visit("held_out", held_out, "B: share of examples to stop early by, the second control");
      visit("fewer_updates", fewer_updates, "B: updates of the third control");
      visit("members", members, "B: students in an ensemble");
      visit("few_units", few_units, "B: hidden units of students with 200 examples");
      visit("few_seeds", few_seeds, "B: teachers and starts");
      visit("few_updates", few_updates, "B: updates");
      visit("complexities", complexities,
            "B: further K, bounds of the teacher's weights, with 200 examples");
      visit("class_examples", class_examples, "C: examples of two classes");
      visit("class_widths", class_widths, "C: random features");
      visit("class_seeds", class_seeds, "C: teachers and features; 0 for none");
      visit("flipped", flipped, "C: share of training labels flipped");
      visit("lawrence_examples", lawrence_examples,
            "paper: examples of its own study of students; empty for none");
      visit("lawrence_complexities", lawrence_complexities, "paper: bounds K of teachers' weights");
      visit("lawrence_units", lawrence_units, "paper: hidden units of students");
      visit("lawrence_runs", lawrence_runs, "paper: runs");
      visit("lawrence_updates", lawrence_updates, "paper: updates");
    }
  };

  struct Result {
    classifier_width::PolynomialSweep polynomials;
    std::vector<classifier_width::RidgeFit> ridge;
    classifier_width::Curves curves;
    std::optional<classifier_width::StudentCurve> curve_students;
    classifier_width::StudentCurve many, many_clean;
    std::vector<classifier_width::StudentCurve> decayed;
    std::optional<classifier_width::StudentCurve> stopped, shortened;
    classifier_width::StudentCurve few, few_clean;
    std::vector<classifier_width::StudentCurve> complex;
    std::optional<classifier_width::ClassCurve> classes;
    std::vector<classifier_width::StudentCurve> lawrence;
  };

  static Config preset(Preset preset);
  static double seconds(const Config& config);
  static Result run(const Config& config, Run& run);
  static std::vector<Verdict> verdicts(const Config& config, const Result& result);
  static Rendering render(const Config& config, const Result& result);
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_STUDIES_CLASSIFIER_WIDTH_H_
