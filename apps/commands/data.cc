#include "apps/commands/data.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/data/catalog.h"
#include "apps/data/download.h"
#include "apps/data/lookup.h"
#include "apps/runner/run.h"
#include "surplus/core/errors.h"

namespace surplus::apps {
namespace fs = std::filesystem;
namespace {

struct Options {
  std::string data;
  std::vector<std::string> names;
  std::vector<std::string> mirrors;
  unsigned timeout = 30;
};

std::uint64_t size_of(const Dataset& dataset) {
  std::uint64_t bytes = 0;
  for (const DatasetFile& file : dataset.files) bytes += file.bytes;
  return bytes;
}

std::string readable_size(std::uint64_t bytes) {
  return bytes < 1'000'000 ? fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3)
                           : fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

/// How far a download is: on a terminal one line that is written over and over, elsewhere a line
/// now and then.
class TransferLine {
 public:
  explicit TransferLine(const DatasetFile& file) : file_(file) {}
  ~TransferLine() {
    if (terminal_) fmt::print(stderr, "{}", kWipe);
  }
  TransferLine(const TransferLine&) = delete;
  TransferLine& operator=(const TransferLine&) = delete;

  void update(std::uint64_t bytes) {
    const auto now = Clock::now();
    if (bytes < bytes_) start_ = now;  // the next mirror
    bytes_ = bytes;
    if (now - shown_at_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10)))
      return;
    shown_at_ = now;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double rate = seconds > 0 ? static_cast<double>(bytes) / seconds : 0;
    const std::string left =
        rate > 0 ? fmt::format(", {:.0f} s left", static_cast<double>(file_.bytes - bytes) / rate)
                 : "";
    fmt::print(stderr, "{}{}: {} of {}, {}/s{}{}", terminal_ ? kWipe : "", file_.path,
               readable_size(bytes), readable_size(file_.bytes),
               readable_size(static_cast<std::uint64_t>(rate)), left, terminal_ ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr const char* kWipe = "\r\033[K";

  const DatasetFile& file_;
  bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  std::uint64_t bytes_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_at_ = start_;
};

void list(const Options& options) {
  fmt::print("{:<29}{:>9}  {:<12}{}\n", "name", "size", "state", "contents");
  for (const Dataset& dataset : catalog()) {
    const auto found = std::ranges::count_if(dataset.files, [&](const DatasetFile& file) {
      return locate(dataset, file, options.data).has_value();
    });
    const bool whole = static_cast<std::size_t>(found) == dataset.files.size();
    const char* state = dataset.bundled() ? "bundled"
                        : whole           ? "here"
                        : found > 0       ? "incomplete"
                                          : "not fetched";
    fmt::print("{:<29}{:>9}  {:<12}{}\n", dataset.name, readable_size(size_of(dataset)), state,
               dataset.contents);
  }
  for (const fs::path& directory : data_directories(options.data)) {
    fmt::print("looked up in {}\n", directory.string());
  }
}

void path(const Options& options) {
  std::string lines;  // all or none
  for (const std::string& name : options.names) {
    for (const fs::path& file : find_dataset(name, options.data)) {
      lines.append(file.string()).append("\n");
    }
  }
  fmt::print("{}", lines);
}

void fetch_file(const Dataset& dataset, const DatasetFile& file, const Options& options,
                const std::atomic<bool>& stop) {
  if (const std::optional<Location> there = locate(dataset, file, options.data)) {
    try {
      require_original(file, *there);
      fmt::print("{}: already there\n", there->path.string());
      return;
    } catch (const DataError& error) {
      fmt::print("{}; fetching it again\n", error.what());
    }
  }
  const std::vector<fs::path> directories = data_directories(options.data);
  SURPLUS_REQUIRE(!directories.empty(), DataError, "data fetch",
                  "a directory must be named by --data, SURPLUS_DATA, XDG_CACHE_HOME or HOME");
  const fs::path target = directories.front() / file.path;
  bool fetched = false;
  {
    TransferLine line(file);
    const DownloadConfig config{std::chrono::seconds(options.timeout),
                                [&line](std::uint64_t bytes) { line.update(bytes); }};
    fetched = download(file, urls_of(dataset, file, options.mirrors), target, config, stop);
  }
  fmt::print("{}: {}\n", target.string(), fetched ? "fetched" : "already there");
}

void fetch(const Options& options, const std::atomic<bool>& stop) {
  for (const std::string& name : options.names) dataset_named(name);  // all, before the first
  for (const std::string& name : options.names) {
    const Dataset& dataset = dataset_named(name);
    if (dataset.bundled()) {
      find_dataset(name, options.data);
      fmt::print("{}: bundled with surplus\n", name);
      continue;
    }
    for (const DatasetFile& file : dataset.files) fetch_file(dataset, file, options, stop);
  }
}

void verify(const Options& options, const std::atomic<bool>& stop) {
  std::vector<Dataset> datasets;
  for (const std::string& name : options.names) datasets.push_back(dataset_named(name));
  if (options.names.empty()) datasets.assign(catalog().begin(), catalog().end());
  std::size_t right = 0;
  std::size_t wrong = 0;
  std::size_t missing = 0;
  for (const Dataset& dataset : datasets) {
    for (const DatasetFile& file : dataset.files) {
      if (stop) throw Interrupted{};
      const std::optional<Location> location = locate(dataset, file, options.data);
      if (!location) {
        ++missing;
        if (!options.names.empty()) fmt::print("missing  {}\n", file.path);
        continue;
      }
      try {
        require_original(file, *location);
        ++right;
        fmt::print("right    {}\n", location->path.string());
      } catch (const DataError& error) {
        ++wrong;
        fmt::print("wrong    {}\n", error.what());
      }
    }
  }
  if (!options.names.empty()) {
    SURPLUS_REQUIRE(wrong + missing == 0, DataError, "data verify",
                    "every file of the data sets must be there and be the original", "right", right,
                    "wrong", wrong, "missing", missing);
  }
  SURPLUS_REQUIRE(wrong == 0, DataError, "data verify",
                  "every file that is there must be the original", "right", right, "wrong", wrong);
  fmt::print("{} right, none wrong\n", right);
}

}  // namespace

void add_data_command(CLI::App& app, const std::atomic<bool>& stop) {
  const auto options = std::make_shared<Options>();
  CLI::App* const data = app.add_subcommand("data", "data sets: list, fetch, find and verify them");
  data->require_subcommand(1);
  data->footer(
      "Data sets are looked up in --data DIR, $SURPLUS_DATA, then $XDG_CACHE_HOME/surplus\n"
      "(~/.cache/surplus by default), and fetched into the first of these that is named.\n\n"
      "Examples:\n  surplus data list\n  surplus data fetch mnist uci-wine\n"
      "  surplus data verify --data my-copy");
  const auto add = [&](const std::string& name, const std::string& description) {
    CLI::App* const command = data->add_subcommand(name, description);
    CLI::Option* const directory =
        command->add_option("--data", options->data, "directory to look in first");
    directory->type_name("DIR");
    if (name != "fetch") directory->check(CLI::ExistingDirectory);  // fetch makes it
    return command;
  };

  add("list", "show all data sets and which are here")->callback([options] { list(*options); });

  CLI::App* const fetching = add("fetch", "download data sets and verify them");
  fetching->add_option("NAME", options->names, "data sets, as `surplus data list` names them")
      ->required();
  fetching
      ->add_option("--mirror", options->mirrors,
                   "where to fetch from instead of the public hosts: a data directory that a web\n"
                   "server shows; may be repeated, to be tried in turn")
      ->type_name("URL")
      ->envname("SURPLUS_MIRROR")
      ->take_all()
      ->expected(1);
  fetching
      ->add_option("--timeout", options->timeout,
                   "how long a host may stay silent, or send under 100 bytes/s")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 3600U))
      ->capture_default_str();
  fetching->callback([options, &stop] { fetch(*options, stop); });

  CLI::App* const finding = add("path", "print where the files of data sets lie, verified");
  finding->add_option("NAME", options->names, "data sets")->required();
  finding->callback([options] { path(*options); });

  CLI::App* const verifying = add("verify", "check files against the published sizes and SHA-256");
  verifying->add_option("NAME", options->names, "data sets; all that are here by default");
  verifying->callback([options, &stop] { verify(*options, stop); });
}

}  // namespace surplus::apps
