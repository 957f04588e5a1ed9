#include "apps/runner/run.h"

#include <cctype>
#include <string>
#include <system_error>
#include <utility>

#include "surplus/core/errors.h"

namespace surplus::apps {

Run::Run(std::uint64_t seed, Cells saved, const std::atomic<bool>& stop, Finished finished)
    : seed_(seed), stop_(stop), finished_(std::move(finished)), saved_(std::move(saved)) {}

std::vector<double> Run::cell(std::string_view name, double seconds, std::size_t count,
                              const std::function<std::vector<double>()>& compute) {
  if (stopping()) throw Interrupted();
  {
    const std::lock_guard lock(mutex_);
    [[maybe_unused]] const bool is_new = names_.emplace(name).second;
    SURPLUS_ASSERT(is_new);
    if (const auto found = saved_.find(name); found != saved_.end()) {
      SURPLUS_REQUIRE(found->second.size() == count, DataError, "--resume",
                      "the saved work must be that of this version's study", "cell", name, "values",
                      found->second.size(), "expected", count);
      finished_({name, seconds, found->second, true});
      return found->second;
    }
  }
  std::vector<double> values = compute();
  // A solver that was asked to stop returns early: what it returned must not be saved.
  if (stopping()) throw Interrupted();
  SURPLUS_ASSERT(values.size() == count);
  const std::lock_guard lock(mutex_);
  finished_({name, seconds, values, false});
  if (!state_directory.empty()) {
    std::error_code absent;  // as it mostly is
    std::filesystem::remove(state_file(name), absent);
  }
  return values;
}

std::filesystem::path Run::state_file(std::string_view name) const {
  if (state_directory.empty()) return {};
  std::string file(name);
  for (char& c : file) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') c = '_';
  }
  return state_directory / (file + ".state");
}

Observer Run::observer() const {
  return [this](const Progress&) { return !stopping(); };
}

}  // namespace surplus::apps
