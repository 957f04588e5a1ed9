#define BOOST_TEST_MODULE ops
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/ops/arithmetic.h"
#include "surplus/autodiff/ops/reduce.h"
#include "surplus/autodiff/ops/unary.h"
#include "tests/lib/autodiff/op_table.h"
#include "tests/support/matrices.h"

namespace surplus::ad::tests {
namespace {

using surplus::tests::random_matrix;
using surplus::tests::says;

template <typename T>
using Matrices = std::vector<Matrix<T>>;

// Random operands of a row, away from its kink by more than the stencils reach; in float, the same
// rounded.
template <typename T>
Matrices<T> operands(const OpRow<T>& row, const Shapes& shapes) {
  Matrices<T> x;
  for (const Shape& shape : shapes) {
    const Matrix<double> unit = random_matrix<double>(shape.rows, shape.cols, x.size() + 1);
    Matrix<T> values(shape.rows, shape.cols);
    for (std::size_t i = 0; i < unit.size(); ++i) {
      double value = row.low + (row.high - row.low) * (unit.values()[i] + 1) / 2;
      if (std::abs(value - row.kink) < 0.01) value = row.kink + 0.01;
      values.values()[i] = static_cast<T>(value);
    }
    x.push_back(std::move(values));
  }
  return x;
}

template <typename T>
Matrices<T> directions(const Shapes& shapes, std::uint64_t seed) {
  Matrices<T> t;
  for (const Shape& shape : shapes) {
    t.push_back(random_matrix<T>(shape.rows, shape.cols, seed + t.size()));
  }
  return t;
}

// sum(c y + y^2): every element of y counts, and its adjoint varies with y.
template <typename T>
Var<T> objective(const Var<T>& y, const Matrix<T>& c) {
  return sum(mul(add(y, y.tape()->constant(c)), y));
}
template <typename T>
Var<T> objective(const Var<T>& y) {
  return objective(y, random_matrix<T>(y.shape().rows, y.shape().cols, 99));
}

// An op applied to given operands on a tape of its own.
template <typename T>
struct Problem {
  Problem(const OpRow<T>& row, const Matrices<T>& x) : Problem(x) {
    y = row.apply(leaves);
    loss = objective(y);
  }
  Problem(const OpRow<T>& row, const Matrices<T>& x, const Matrix<T>& c) : Problem(x) {
    y = row.apply(leaves);
    loss = objective(y, c);
  }
  explicit Problem(const Matrices<T>& x) : values(x) {
    for (const Matrix<T>& value : values) leaves.push_back(tape.leaf(value));
  }
  // The gradient, or the product of the Hessian with t, for all operands.
  Matrices<T> gradient() const {
    Matrices<T> d = values;
    ad::gradient(loss, sinks(d));
    return d;
  }
  Matrices<T> hvp(const Matrices<T>& t) const {
    Matrices<T> d = values;
    ad::hvp(loss, tangents(t), sinks(d));
    return d;
  }
  std::vector<Sink<T>> sinks(Matrices<T>& d) const {
    std::vector<Sink<T>> all;
    for (std::size_t i = 0; i < d.size(); ++i) all.push_back({leaves[i], d[i]});
    return all;
  }
  std::vector<Tangent<T>> tangents(const Matrices<T>& t) const {
    std::vector<Tangent<T>> all;
    for (std::size_t i = 0; i < t.size(); ++i) all.push_back({leaves[i], t[i]});
    return all;
  }

  Tape<T> tape;
  Matrices<T> values;
  std::vector<Var<T>> leaves;
  Var<T> y, loss;
};

// body(row, shapes) for each row and case.
template <typename T, typename Body>
void for_each_case(const Body& body) {
  for (const OpRow<T>& row : op_table<T>()) {
    for (const Shapes& shapes : row.cases) {
      BOOST_TEST_CONTEXT(row.name << ", first operand " << to_text(shapes.front())) {
        body(row, shapes);
      }
    }
  }
}

double largest(const Matrices<double>& a) {
  double largest = 0;
  for (const auto& x : a) {
    for (const double value : x.values()) largest = std::max(largest, std::abs(value));
  }
  return largest;
}

template <typename T>
double deviation(const Matrices<T>& a, const Matrices<double>& b) {
  double deviation = 0;
  BOOST_TEST_REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    BOOST_TEST_REQUIRE((a[i].shape() == b[i].shape()));
    for (std::size_t j = 0; j < a[i].size(); ++j) {
      const double difference = std::abs(static_cast<double>(a[i].values()[j]) - b[i].values()[j]);
      deviation = std::isnan(difference) ? std::numeric_limits<double>::infinity()
                                         : std::max(deviation, difference);
    }
  }
  return deviation;
}

template <typename T>
double inner(const Matrices<T>& a, const Matrices<T>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a[i].size(); ++j) {
      sum += static_cast<double>(a[i].values()[j]) * static_cast<double>(b[i].values()[j]);
    }
  }
  return sum;
}

// x + step t.
Matrices<double> moved(Matrices<double> x, const Matrices<double>& t, double step) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < x[i].size(); ++j) x[i].values()[j] += step * t[i].values()[j];
  }
  return x;
}

// The central difference of fourth order. With h = 2e-3 it is off by h^4 / 30 = 5e-13 of the fifth
// derivative, and by 1e-16 / h = 5e-14 of f for rounding: far below the tolerance of 1e-8 for the
// functions of the table, whose derivatives grow by less than a factor of 10 each.
constexpr double kStep = 2e-3, kAgreement = 1e-8;
double difference(const std::function<double(double)>& f) {
  return (8 * (f(kStep) - f(-kStep)) - (f(2 * kStep) - f(-2 * kStep))) / (12 * kStep);
}

BOOST_AUTO_TEST_CASE(gradients_agree_with_central_differences) {
  for_each_case<double>([](const OpRow<double>& row, const Shapes& shapes) {
    const Problem<double> problem(row, operands(row, shapes));
    Matrices<double> expected = problem.values, unit = problem.values;
    for (auto& x : unit) std::ranges::fill(x.values(), 0.0);
    for (std::size_t i = 0; i < unit.size(); ++i) {
      for (std::size_t j = 0; j < unit[i].size(); ++j) {
        unit[i].values()[j] = 1;
        expected[i].values()[j] = difference([&](double step) {
          return Problem<double>(row, moved(problem.values, unit, step)).loss.item();
        });
        unit[i].values()[j] = 0;
      }
    }
    BOOST_TEST(deviation(problem.gradient(), expected) <= kAgreement * (1 + largest(expected)));
  });
}

BOOST_AUTO_TEST_CASE(hessian_products_agree_with_central_differences_of_gradients) {
  for_each_case<double>([](const OpRow<double>& row, const Shapes& shapes) {
    const Problem<double> problem(row, operands(row, shapes));
    const Matrices<double> t = directions<double>(shapes, 50);
    const auto at = [&](double step) {
      return Problem<double>(row, moved(problem.values, t, step)).gradient();
    };
    const Matrices<double> ahead = at(kStep), back = at(-kStep), far_ahead = at(2 * kStep),
                           far_back = at(-2 * kStep);
    Matrices<double> expected = ahead;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      for (std::size_t j = 0; j < expected[i].size(); ++j) {
        expected[i].values()[j] = difference([&](double step) {
          const auto& d = step == kStep    ? ahead
                          : step == -kStep ? back
                          : step > 0       ? far_ahead
                                           : far_back;
          return d[i].values()[j];
        });
      }
    }
    BOOST_TEST(deviation(problem.hvp(t), expected) <= kAgreement * (1 + largest(expected)));
  });
}

// Exact identities, up to rounding of sums of at most some thousand terms.
constexpr double kRounding = 1e-12;

BOOST_AUTO_TEST_CASE(tangents_and_adjoints_are_transposes_and_the_hessian_is_symmetric) {
  for_each_case<double>([](const OpRow<double>& row, const Shapes& shapes) {
    const Problem<double> problem(row, operands(row, shapes));
    const Matrices<double> t = directions<double>(shapes, 60), u = directions<double>(shapes, 70);
    const Shape of_y = problem.y.shape();
    const Matrices<double> d_y = directions<double>({of_y}, 80);
    Matrices<double> t_y = {Matrix<double>(of_y.rows, of_y.cols)}, d_x = problem.values;
    jvp(problem.y, problem.tangents(t), t_y[0].view());
    vjp(problem.y, d_y[0].view(), problem.sinks(d_x));
    BOOST_TEST(std::abs(inner(d_y, t_y) - inner(d_x, t)) <= kRounding * (1 + largest(d_x)) * 100);
    const Matrices<double> h_t = problem.hvp(t), h_u = problem.hvp(u);
    BOOST_TEST(std::abs(inner(u, h_t) - inner(t, h_u)) <= kRounding * (1 + largest(h_t)) * 100);
  });
}

BOOST_AUTO_TEST_CASE(what_is_wanted_or_moved_alone_gets_what_it_gets_among_others) {
  for_each_case<double>([](const OpRow<double>& row, const Shapes& shapes) {
    const Problem<double> problem(row, operands(row, shapes));
    const Matrices<double> t = directions<double>(shapes, 60);
    const Matrices<double> d = problem.gradient(), h = problem.hvp(t);
    Matrices<double> sum = problem.values;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      BOOST_TEST((ad::gradient(problem.loss, problem.leaves[i]) == d[i]));
      Matrix<double> alone(shapes[i].rows, shapes[i].cols, 5.0);
      const Sink<double> sink[] = {{problem.leaves[i], alone}};
      hvp(problem.loss, problem.tangents(t), sink);
      BOOST_TEST(deviation<double>({alone}, {h[i]}) <= kRounding * (1 + largest(h)));
      std::ranges::fill(sum[i].values(), 0.0);
      for (std::size_t j = 0; j < shapes.size(); ++j) {
        const Tangent<double> tangent[] = {{problem.leaves[j], t[j]}};
        hvp(problem.loss, tangent, sink);
        for (std::size_t l = 0; l < alone.size(); ++l) sum[i].values()[l] += alone.values()[l];
      }
    }
    BOOST_TEST(deviation(sum, h) <= kRounding * (1 + largest(h)));
  });
}

BOOST_AUTO_TEST_CASE(an_operand_used_twice_gets_the_sum) {
  for_each_case<double>([](const OpRow<double>& row, const Shapes& shapes) {
    Problem<double> problem(row, operands(row, shapes));
    const Matrices<double> t = directions<double>(shapes, 60);
    const Matrices<double> d = problem.gradient(), h = problem.hvp(t);
    problem.loss = add(objective(row.apply(problem.leaves)), problem.loss);
    BOOST_TEST(deviation(problem.gradient(), moved(d, d, 1)) <= kRounding * (1 + largest(d)));
    BOOST_TEST(deviation(problem.hvp(t), moved(h, h, 1)) <= kRounding * (1 + largest(h)));
  });
}

BOOST_AUTO_TEST_CASE(views_with_gaps_between_their_rows_give_the_same) {
  for_each_case<double>([](const OpRow<double>& row, const Shapes& shapes) {
    const Problem<double> problem(row, operands(row, shapes));
    const Matrices<double> d = problem.gradient();
    Tape<double> tape;
    std::vector<Var<double>> leaves;
    std::vector<Sink<double>> sinks;
    Matrices<double> wide, d_wide;
    const auto inside = [](Matrix<double>& a) {
      return a.view().block(0, 2, a.rows(), a.cols() - 5);
    };
    for (const auto& x : problem.values) {
      wide.emplace_back(x.rows(), x.cols() + 5, std::nan(""));
      d_wide.emplace_back(x.rows(), x.cols() + 5, 7.0);
      const MatrixView<double> block = inside(wide.back());
      for (std::size_t i = 0; i < x.rows(); ++i) std::ranges::copy(x.row(i), block.row(i).begin());
      leaves.push_back(tape.leaf(block));
      sinks.push_back({leaves.back(), inside(d_wide.back())});
    }
    const Var<double> loss = objective(row.apply(leaves));
    gradient(loss, sinks);
    BOOST_TEST(std::abs(loss.item() - problem.loss.item()) <=
               kRounding * (1 + problem.loss.item()));
    Matrices<double> result;
    for (auto& wider : d_wide) {
      result.emplace_back(MatrixView<const double>(inside(wider)));
      for (std::size_t i = 0; i < wider.rows(); ++i) {
        for (const std::size_t j : {std::size_t{0}, std::size_t{1}, wider.cols() - 1}) {
          BOOST_TEST(wider(i, j) == 7.0);
        }
      }
    }
    BOOST_TEST(deviation(result, d) <= kRounding * (1 + largest(d)));
  });
}

BOOST_AUTO_TEST_CASE(float_agrees_with_double) {
  // Operands are the same up to rounding, and no sum has more than some thousand terms: within 1e3
  // eps of the largest number, times what the functions amplify a rounded operand by.
  constexpr double kFloat = 1e4 * std::numeric_limits<float>::epsilon();
  const auto& singles = op_table<float>();
  const auto& doubles = op_table<double>();
  BOOST_TEST_REQUIRE(singles.size() == doubles.size());
  for (std::size_t i = 0; i < singles.size(); ++i) {
    for (const Shapes& shapes : singles[i].cases) {
      BOOST_TEST_CONTEXT(singles[i].name << ", first operand " << to_text(shapes.front())) {
        const Problem<float> single(singles[i], operands(singles[i], shapes));
        const Problem<double> full(doubles[i], operands(doubles[i], shapes));
        const Matrices<double> d = full.gradient(), h = full.hvp(directions<double>(shapes, 60));
        BOOST_TEST(std::abs(single.loss.item() - full.loss.item()) <=
                   kFloat * (1 + std::abs(full.loss.item())));
        BOOST_TEST(deviation(single.gradient(), d) <= kFloat * (1 + largest(d)));
        BOOST_TEST(deviation(single.hvp(directions<float>(shapes, 60)), h) <=
                   kFloat * (1 + largest(h)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(operands_that_do_not_fit_get_one_clear_error) {
  for (const OpRow<double>& row : op_table<double>()) {
    for (const auto& [shapes, text] : row.errors) {
      const Matrices<double> x = operands(row, shapes);
      Tape<double> tape;
      std::vector<Var<double>> leaves;
      for (const auto& value : x) leaves.push_back(tape.leaf(value));
      const std::size_t before = tape.size();
      BOOST_TEST_CONTEXT(row.name) {
        BOOST_CHECK_EXCEPTION(row.apply(leaves), std::invalid_argument, says(text));
      }
      BOOST_TEST(tape.size() == before);
    }
  }
}

BOOST_AUTO_TEST_CASE(operands_of_another_tape_or_time_get_one_clear_error) {
  const Matrix<double> value(1, 1, 1.0);
  for (const OpRow<double>& row : op_table<double>()) {
    const std::string name = std::string(row.name).substr(0, std::string(row.name).find(' '));
    // A row that asks for a shape itself is told so.
    const auto refuses = [&](std::size_t operand) {
      const std::string text = name +
                               ": operands must be on one tape and not cleared away; got operand " +
                               to_text(operand);
      return [text](const std::exception& e) {
        BOOST_TEST_MESSAGE(e.what());
        return e.what() == text ||
               e.what() == std::string(
                               "Var::value: the value must be on a tape and not cleared "
                               "away");
      };
    };
    BOOST_TEST_CONTEXT(row.name) {
      Tape<double> tape, other;
      const std::size_t count = row.cases.front().size();
      std::vector<Var<double>> leaves(count, tape.leaf(value));
      if (count > 1) {
        leaves[1] = other.leaf(value);
        BOOST_CHECK_EXCEPTION(row.apply(leaves), ArgumentError, refuses(1));
        leaves[1] = leaves[0];
      }
      tape.clear();
      BOOST_CHECK_EXCEPTION(row.apply(leaves), ArgumentError, refuses(0));
      leaves[0] = {};
      BOOST_CHECK_EXCEPTION(row.apply(leaves), ArgumentError, refuses(0));
    }
  }
}

Matrices<double> matrices_of(const nlohmann::json& list) {
  Matrices<double> all;
  for (const auto& json : list) {
    Matrix<double> matrix(json.size(), json.at(0).size());
    for (std::size_t i = 0; i < matrix.rows(); ++i) {
      for (std::size_t j = 0; j < matrix.cols(); ++j) matrix(i, j) = json[i][j].get<double>();
    }
    all.push_back(std::move(matrix));
  }
  return all;
}

BOOST_AUTO_TEST_CASE(pytorch_has_the_same_values_gradients_and_hessian_products) {
  std::ifstream file(SURPLUS_GOLDEN "autodiff_torch.json");
  const nlohmann::json rows = nlohmann::json::parse(file)["rows"];
  for (const OpRow<double>& row : op_table<double>()) {
    if (std::string(row.name) == "dropout") continue;  // its masks are our own
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST_REQUIRE(rows.contains(row.name));
      const nlohmann::json& golden = rows[row.name];
      const Problem<double> problem(row, matrices_of(golden["x"]), matrices_of(golden["c"])[0]);
      const Matrices<double> y = matrices_of(golden["y"]), d = matrices_of(golden["d"]),
                             h = matrices_of(golden["h"]);
      BOOST_TEST(deviation<double>({Matrix<double>(problem.y.value())}, y) <=
                 kRounding * (1 + largest(y)));
      BOOST_TEST(deviation(problem.gradient(), d) <= kRounding * (1 + largest(d)));
      BOOST_TEST(deviation(problem.hvp(matrices_of(golden["t"])), h) <=
                 kRounding * (1 + largest(h)));
    }
  }
}

}  // namespace
}  // namespace surplus::ad::tests
