/// What a study is given while it runs: randomness, saved cells of work, and the wish to stop.
#ifndef SURPLUS_APPS_RUNNER_RUN_H_
#define SURPLUS_APPS_RUNNER_RUN_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "surplus/core/progress.h"
#include "surplus/core/rng.h"

namespace surplus::apps {

/// Thrown by Run::cell when the user has asked to stop. A study lets it pass.
struct Interrupted {
  std::string how_to_continue{};  ///< for the user; may be empty
};

/// The finished cells of a run, by name.
using Cells = std::map<std::string, std::vector<double>, std::less<>>;

/// A run is cut into cells: named units of work, each a pure function of the configuration and the
/// seed to a fixed number of doubles. A finished cell is saved at once: a run that is ended loses
/// what it has in work, of which a long cell keeps a state_file(), and goes on to the same bits.
class Run {
 public:
  struct Cell {
    std::string_view name;
    double seconds = 0;  ///< the expected time on one core
    std::span<const double> values;
    bool saved = false;  ///< by an earlier session
  };
  /// Called once for each finished cell, one call at a time.
  using Finished = std::function<void(const Cell& cell)>;

  /// `saved` are cells of earlier sessions; `stop` may be set at any time from anywhere.
  Run(std::uint64_t seed, Cells saved, const std::atomic<bool>& stop, Finished finished);

  /// The stream of the run's seed. Split it by name for every use: run.rng().split("P-EM-B").
  Rng rng() const { return Rng(seed_); }

  /// The values of the cell `name`: the saved ones, else those that compute() returns now.
  ///
  /// name     unique within the run, and enough to tell which work it stands for: "B sep=2 w=0.7"
  /// seconds  the expected time on one core, for progress alone
  /// count    how many doubles compute() returns
  ///
  /// Cells may be computed from several threads at once, or use all threads each.
  /// Throws Interrupted, and drops an unsaved cell, if the user has asked to stop meanwhile;
  /// DataError if the saved cell has another count of values.
  std::vector<double> cell(std::string_view name, double seconds, std::size_t count,
                           const std::function<std::vector<double>()>& compute);

  /// To be handed to solvers inside a cell, so that they end soon when the user asks to stop.
  Observer observer() const;
  /// True as soon as the user has asked to stop.
  bool stopping() const { return stop_.load(std::memory_order_relaxed); }

  /// Where the cell `name` may keep the state of a long computation while it lasts, to go on from
  /// it if the run is killed: a file of its own, removed once the cell is saved. Empty if there is
  /// no such place. A run that is not resumed finds none of an earlier one.
  std::filesystem::path state_file(std::string_view name) const;

  /// The directory of --data, empty if none was given.
  std::filesystem::path data_directory;
  /// The directory of the state files, which must exist; empty for none.
  std::filesystem::path state_directory;

 private:
  std::uint64_t seed_;
  const std::atomic<bool>& stop_;
  Finished finished_;
  Cells saved_;
  std::mutex mutex_;  // guards what follows, and the calls of finished_
  std::set<std::string, std::less<>> names_;
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_RUNNER_RUN_H_
