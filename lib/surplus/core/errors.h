/// The four errors a user can cause, and the two checks that raise them.
///
/// Message grammar: `function: requirement; got name value, name value`, ASCII, no full stop.
#ifndef SURPLUS_CORE_ERRORS_H_
#define SURPLUS_CORE_ERRORS_H_

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace surplus {

/// Sizes or strides that do not fit together.
class ShapeError : public std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// A value outside its domain: k = 0, a negative tolerance, NaN in the data.
class ArgumentError : public std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Arithmetic that cannot go on: not positive definite after every repair, a non-finite objective.
class NumericalError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file that is missing, malformed, truncated or of the wrong hash.
class DataError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A value as error messages show it: numbers in the shortest form that reads back the same.
std::string to_text(double value);
std::string to_text(float value);
std::string to_text(std::int64_t value);
std::string to_text(std::uint64_t value);
inline std::string to_text(bool value) { return value ? "true" : "false"; }
inline std::string to_text(std::string_view value) { return std::string(value); }
inline std::string to_text(const char* value) { return value; }
template <std::integral I>
std::string to_text(I value) {
  if constexpr (std::signed_integral<I>)
    return to_text(static_cast<std::int64_t>(value));
  else
    return to_text(static_cast<std::uint64_t>(value));
}

/// A piece of somebody's file or command line as error messages show it: at most 40 characters, and
/// a question mark for each that is not printable ASCII.
std::string printable(std::string_view text);

namespace detail {

inline void append_pairs(std::string&) {}

template <typename Value, typename... Rest>
void append_pairs(std::string& text, std::string_view name, const Value& value,
                  const Rest&... rest) {
  text.append(name).append(" ").append(to_text(value));
  if constexpr (sizeof...(rest) > 0) text.append(", ");
  append_pairs(text, rest...);
}

}  // namespace detail

/// `function: requirement; got name value, name value`, from alternating names and values.
template <typename... Pairs>
std::string error_message(std::string_view function, std::string_view requirement,
                          const Pairs&... pairs) {
  std::string text;
  text.append(function).append(": ").append(requirement);
  if constexpr (sizeof...(pairs) > 0) text.append("; got ");
  detail::append_pairs(text, pairs...);
  return text;
}

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace surplus

/// Throws `Error` with the message above when a caller's input breaks `condition`.
/// SURPLUS_REQUIRE(k >= 1, ArgumentError, "fit_gmm", "components must be at least 1",
///                 "components", k);
#define SURPLUS_REQUIRE(condition, Error, ...)                                       \
  do {                                                                               \
    if (!(condition)) throw ::surplus::Error(::surplus::error_message(__VA_ARGS__)); \
  } while (false)

/// Stops the program when an invariant of our own is broken; on in debug and sanitizer builds.
#ifdef NDEBUG
#define SURPLUS_ASSERT(condition) static_cast<void>(0)
#else
#define SURPLUS_ASSERT(condition)                      \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::surplus::assertion_failed(#condition, __FILE__, __LINE__))
#endif

#endif  // SURPLUS_CORE_ERRORS_H_
