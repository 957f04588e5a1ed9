/// What the flows ask of their input.
#ifndef SURPLUS_SEQUENCE_CHECKS_H_
#define SURPLUS_SEQUENCE_CHECKS_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace surplus::detail {

/// Throw ArgumentError at the first value outside its range.
void require_eigenvalues(std::string_view function, std::span<const double> eigenvalues);
void require_observations(std::string_view function, std::span<const double> z);
void require_layers(std::string_view function, std::size_t depth, double b0);
void require_time(std::string_view function, double t);

/// Throws ShapeError unless there are as many values as coordinates.
void require_length(std::string_view function, std::string_view name, std::size_t length,
                    std::size_t coordinates);

}  // namespace surplus::detail

#endif  // SURPLUS_SEQUENCE_CHECKS_H_
