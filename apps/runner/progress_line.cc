#include "apps/runner/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace surplus::apps {
namespace {

constexpr double kBarInterval = 0.1;  // seconds
constexpr double kLineInterval = 10;

}  // namespace

std::size_t terminal_width(int descriptor) {
  winsize size{};
  if (::isatty(descriptor) == 0) return 0;
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

ProgressLine::ProgressLine(std::string label, double expected)
    : label_(std::move(label)), expected_(expected) {}

ProgressLine::~ProgressLine() {
  if (shown_at_ > 0 && terminal_width(STDERR_FILENO) > 0) std::fputs("\r\033[K", stderr);
}

double ProgressLine::elapsed() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void ProgressLine::add(const Run::Cell& cell) {
  (cell.saved ? saved_ : done_) += cell.seconds;
  ++cells_;
  const double interval = terminal_width(STDERR_FILENO) > 0 ? kBarInterval : kLineInterval;
  if (elapsed() - shown_at_ >= interval) show();
}

void ProgressLine::show() {
  shown_at_ = elapsed();
  // A study may take longer than it expects: its share then stays just below the whole.
  const double share = std::clamp((saved_ + done_) / std::max(expected_, 1e-9), 0.0, 0.999);
  std::string numbers = fmt::format("{:3.0f} %  {} cells", std::floor(100 * share), cells_);
  if (done_ > 0) {
    const double left = std::max(0.0, expected_ - saved_ - done_) * shown_at_ / done_;
    numbers += fmt::format("  {:.3g} cells/s  {} left", static_cast<double>(cells_) / shown_at_,
                           duration_text(left));
  }
  const std::size_t width = terminal_width(STDERR_FILENO);
  if (width == 0) {
    fmt::print(stderr, "surplus: {}: {}\n", label_, numbers);
    return;
  }
  const std::size_t others = label_.size() + numbers.size() + 5;
  const std::size_t bar = width > others + 4 ? std::min<std::size_t>(width - others, 40) : 0;
  const auto full = static_cast<std::size_t>(share * static_cast<double>(bar));
  fmt::print(stderr, "\r{} [{}{}] {}\033[K", label_, std::string(full, '#'),
             std::string(bar - full, '.'), numbers);
  std::fflush(stderr);
}

}  // namespace surplus::apps
