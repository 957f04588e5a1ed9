/// What a person sees while a run works: a bar on a terminal, a line now and then elsewhere.
#ifndef SURPLUS_APPS_RUNNER_PROGRESS_LINE_H_
#define SURPLUS_APPS_RUNNER_PROGRESS_LINE_H_

#include <chrono>
#include <cstddef>
#include <string>

#include "apps/runner/run.h"

namespace surplus::apps {

/// The columns of the terminal behind a file descriptor, 0 if there is none.
std::size_t terminal_width(int descriptor);

/// "8 s", "3 min 20 s", "2 h 5 min".
std::string duration_text(double seconds);

/// Writes to standard error.
class ProgressLine {
 public:
  /// `expected` is the sum over all cells of the seconds each is expected to take on one core.
  ProgressLine(std::string label, double expected);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  /// Wipes the bar away.
  ~ProgressLine();

  void add(const Run::Cell& cell);
  /// Wall-clock seconds since the beginning.
  double elapsed() const;

 private:
  void show();

  std::string label_;
  double expected_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double shown_at_ = 0;
  double saved_ = 0;  // expected seconds of the cells an earlier session has saved
  double done_ = 0;   // and of those computed now
  std::size_t cells_ = 0;
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_RUNNER_PROGRESS_LINE_H_
