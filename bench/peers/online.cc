// Our side of online.py: the updates it asks for, on one thread.
//
// online H D N UPDATES RATE < x (N x D), y (N), w (H x D), b (H), v (H), c, all float, and the order of the
// examples (UPDATES of 64 bits). Update t has the rate RATE (1 - t / UPDATES). Writes the processor
// time in seconds as text, then the parameters as floats.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>
#include <vector>

#include "surplus/optim/online_backprop.h"
#include "surplus/optim/schedule.h"

namespace {

template <typename T>
bool read(std::span<T> values) {
  return std::fread(values.data(), sizeof(T), values.size(), stdin) == values.size();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return 2;
  const auto number = [&](int at) { return std::strtoull(arguments[at], nullptr, 10); };
  const std::size_t h = number(1), d = number(2), n = number(3), updates = number(4);
  surplus::Matrix<float> x(n, d), w(h, d), memory;
  std::vector<float> y(n), b(h), v(h), c(1), rates;
  std::vector<std::size_t> order(updates);
  if (!read(x.values()) || !read(std::span(y)) || !read(w.values()) || !read(std::span(b)) ||
      !read(std::span(v)) || !read(std::span(c)) || !read(std::span(order))) {
    return 2;
  }
  const surplus::Schedule schedule{.kind = surplus::ScheduleKind::kLinear,
                                   .rate = std::strtod(arguments[5], nullptr),
                                   .period = updates};
  const std::clock_t begin = std::clock();
  for (std::size_t first = 0; first < updates; first += 1000) {
    const std::size_t some = std::min<std::size_t>(1000, updates - first);
    rates.resize(some);
    for (std::size_t s = 0; s < some; ++s) {
      rates[s] = static_cast<float>(rate_at(schedule, first + s));
    }
    surplus::online_backprop<float>(x, y, std::span(order).subspan(first, some), rates, 0,
                                    {w, b, v, c.data()}, memory);
  }
  std::printf("%.9g\n", static_cast<double>(std::clock() - begin) / double{CLOCKS_PER_SEC});
  for (const auto& some : {std::span<const float>(w.values()), std::span<const float>(b),
                           std::span<const float>(v), std::span<const float>(c)}) {
    std::fwrite(some.data(), sizeof(float), some.size(), stdout);
  }
  return 0;
}
