/// The saved work of a run: a file that grows by one line with each finished cell.
#ifndef SURPLUS_APPS_RUNNER_JOURNAL_H_
#define SURPLUS_APPS_RUNNER_JOURNAL_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/runner/run.h"

namespace surplus::apps {

/// What must be the same for saved work to be of use: names and values, in order.
using Identity = std::vector<std::pair<std::string, std::string>>;

/// `cells.jsonl`: a line with the identity, then per cell a line with its name, its values and the
/// wall-clock seconds up to then. A line that was cut off by a sudden end is dropped on opening.
class Journal {
 public:
  /// Opens the file of the run in `directory`, which must exist. With `resume` its cells are read
  /// and kept; otherwise, or if there is none, an empty one is begun.
  ///
  /// Throws  ArgumentError if the saved run is another one (naming the first difference), or if
  ///         another process has it open; DataError if the file cannot be read or written, or is
  ///         not what this class writes, as path:line
  Journal(const std::filesystem::path& directory, const Identity& identity, bool resume);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  const Cells& cells() const { return cells_; }
  /// Of the sessions that wrote the file.
  double seconds() const { return seconds_; }

  /// Adds a line. It has reached the system when this returns: the process may be killed then.
  /// Throws DataError if it cannot be written; the file is then as before.
  void append(std::string_view name, std::span<const double> values, double seconds);

 private:
  void read(std::string_view text, const Identity& identity);
  void write(const std::string& line);

  std::filesystem::path path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  Cells cells_;
  double seconds_ = 0;
};

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_RUNNER_JOURNAL_H_
