#include "surplus/sequence/checks.h"

#include <cmath>

#include "surplus/core/errors.h"

namespace surplus::detail {

void require_eigenvalues(std::string_view function, std::span<const double> eigenvalues) {
  for (std::size_t j = 0; j < eigenvalues.size(); ++j) {
    SURPLUS_REQUIRE(eigenvalues[j] >= 1e-150 && eigenvalues[j] <= 1e100, ArgumentError, function,
                    "eigenvalues must be at least 1e-150 and at most 1e100", "coordinate", j,
                    "eigenvalue", eigenvalues[j]);
  }
}

void require_observations(std::string_view function, std::span<const double> z) {
  for (std::size_t j = 0; j < z.size(); ++j) {
    SURPLUS_REQUIRE(std::abs(z[j]) <= 1e100, ArgumentError, function,
                    "z must be finite and at most 1e100 in size", "coordinate", j, "z", z[j]);
  }
}

void require_layers(std::string_view function, std::size_t depth, double b0) {
  SURPLUS_REQUIRE(depth <= 16, ArgumentError, function, "depth must be at most 16", "depth", depth);
  SURPLUS_REQUIRE(depth == 0 || (b0 > 0 && b0 <= 1e6), ArgumentError, function,
                  "b0 must be above 0 and at most 1e6", "b0", b0);
}

void require_time(std::string_view function, double t) {
  SURPLUS_REQUIRE(t >= 0 && t <= 1e100, ArgumentError, function,
                  "t must be at least 0 and at most 1e100", "t", t);
}

void require_length(std::string_view function, std::string_view name, std::size_t length,
                    std::size_t coordinates) {
  SURPLUS_REQUIRE(length == coordinates, ShapeError, function,
                  "there must be one value for each coordinate", name, length, "coordinates",
                  coordinates);
}

}  // namespace surplus::detail
