#include "apps/commands/kernels.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "apps/commands/rivals.h"
#include "apps/report/figure.h"
#include "apps/runner/run.h"
#include "apps/runner/version.h"
#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/core/simd.h"
#include "surplus/linalg/kernel_profile.h"

namespace surplus::apps {
namespace {

struct Arguments {
  std::string target;
  std::string out = "surplus-out/kernels";
  KernelProfileConfig config;
};

// OpenBLAS 0.3.21 does not know processors younger than itself and then runs SSE3 code, no rival to
// anybody. It reads the environment when it is loaded, so the program has to start anew.
void run_openblas_at_its_best(char** argv) {
  if (openblas_core() != "Prescott" || std::getenv("OPENBLAS_CORETYPE") != nullptr) return;
  const char* core = nullptr;
  for (const SimdTarget& target : simd_targets()) {
    if (!target.usable || core != nullptr) continue;
    if (target.name == "AVX3") core = "SkylakeX";
    if (target.name == "AVX2") core = "Haswell";
  }
  if (core == nullptr) return;
  ::setenv("OPENBLAS_CORETYPE", core, 1);
  ::execv("/proc/self/exe", argv);  // returns only if it fails; then OpenBLAS is named as it is
}

std::string size_text(std::size_t bytes) {
  const auto kib = static_cast<double>(bytes) / 1024;
  return kib < 1024 ? fmt::format("{:g} KiB", kib) : fmt::format("{:g} MiB", kib / 1024);
}

// Three significant digits, never an exponent.
std::string rate_text(double rate) {
  const double giga = rate / 1e9;
  if (giga <= 0) return "-";
  return fmt::format("{:.{}f}", giga, giga < 10 ? 2 : giga < 100 ? 1 : 0);
}

// The columns of ratios.
std::vector<std::string> rivals_of(const Arguments& arguments) {
  std::vector<std::string> names = {"OpenBLAS"};
  for (const ProductRival& rival : arguments.config.rivals) names.push_back(rival.name);
  return names;
}

void print_machine(const Arguments& arguments, const MachineLimits& limits) {
  std::string compiled;
  for (const SimdTarget& target : simd_targets()) {
    compiled += (compiled.empty() ? "" : ", ") + target.name;
    if (!target.usable) compiled += " (not on this machine)";
  }
  const std::size_t threads = arguments.config.threads;
  fmt::print("Target {} on {} thread{}; compiled: {}; OpenBLAS runs its code for {}\n\n",
             simd_target(), threads, threads == 1 ? "" : "s", compiled, openblas_core());
  fmt::print("FMA peak   float {} GFLOP/s, double {} GFLOP/s\n", rate_text(limits.float_peak),
             rate_text(limits.double_peak));
  fmt::print("Bandwidth  {:<8}{:>10}{:>12}{:>12}\n", "level", "size", "read", "triad");
  for (const MemoryLevel& level : limits.levels) {
    fmt::print("           {:<8}{:>10}{:>7} GB/s{:>7} GB/s\n", level.name,
               level.bytes == 0 ? "" : size_text(level.bytes), rate_text(level.read),
               rate_text(level.triad));
  }
  fmt::print("\n  {:<25}{:<8}{:<23}{:>7}{:>9}  {:<19}", "routine", "type", "shape", "GFLOP/s",
             "GB/s", "share of roofline");
  for (const std::string& rival : rivals_of(arguments)) fmt::print("{:>13}", "vs " + rival);
  fmt::print("\n");
  std::fflush(stdout);
}

void print_rate(const KernelRate& rate, const std::vector<std::string>& rivals) {
  std::string line = fmt::format("  {:<25}{:<8}{:<23}{:>7}{:>9}  {:>4.0f} % of {:<9}", rate.routine,
                                 rate.type, rate.shape, rate_text(rate.flop_rate),
                                 rate_text(rate.byte_rate), 100 * rate.share, rate.bound);
  for (const std::string& rival : rivals) {
    const auto ratio = std::ranges::find(rate.ratios, rival, &KernelRatio::rival);
    line += ratio == rate.ratios.end() ? std::string(13, ' ')
                                       : fmt::format("{:>11.2f} x", ratio->times);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

// A warning if other programs were at work.
void print_disturbance(const std::vector<KernelRate>& rates) {
  double share = 0;
  for (const KernelRate& rate : rates) share += rate.processor_share;
  share /= static_cast<double>(rates.size());
  if (share > 0.9) return;
  fmt::print(
      "Other programs took {:.0f} % of the processor meanwhile: rates and shares are too low\n",
      100 * (1 - share));
}

// The geometric means of the ratios, by routine, type and rival.
void print_means(const std::vector<KernelRate>& rates, const std::vector<std::string>& rivals) {
  std::map<std::string, std::map<std::string, std::vector<double>>> ratios;
  for (const KernelRate& rate : rates) {
    for (const KernelRatio& ratio : rate.ratios)
      ratios[rate.routine + " " + rate.type][ratio.rival].push_back(std::log(ratio.times));
  }
  for (auto& [name, of_rival] : ratios) {
    std::string text;
    for (const std::string& rival : rivals) {
      const std::vector<double>& logs = of_rival[rival];
      if (logs.empty()) continue;
      double sum = 0;
      for (const double log : logs) sum += log;
      text += fmt::format("{}{:.2f} times {}", text.empty() ? "" : ", ",
                          std::exp(sum / static_cast<double>(logs.size())), rival);
    }
    fmt::print("{}: {}, geometric mean of the shapes\n", name, text);
  }
}

// The roofs of all levels, and a point for each routine and shape.
Panel roofline_panel(const std::vector<KernelRate>& rates, const MachineLimits& limits,
                     std::string_view type) {
  constexpr std::size_t kRoofColor = 6;
  const double peak = type == "float" ? limits.float_peak : limits.double_peak;
  Panel panel{.title = std::string(type),
              .x = {.label = "flop per byte of operands", .log = true},
              .y = {.label = "GFLOP/s", .log = true}};
  // Of all types, so that a family has one colour in all panels.
  std::vector<std::string> families;
  // The same window for all types, so that the panels can be compared.
  double low = 0.1, high = 100, slowest = limits.double_peak / 100;
  for (const KernelRate& rate : rates) {
    if (rate.flops <= 0) continue;
    if (std::ranges::find(families, rate.family) == families.end()) families.push_back(rate.family);
    low = std::min(low, rate.flops / rate.bytes / 1.5);
    high = std::max(high, rate.flops / rate.bytes * 1.5);
    slowest = std::min(slowest, rate.flop_rate / 1.5);
  }
  panel.y.min = slowest / 1e9;
  panel.y.max = limits.float_peak * 1.5 / 1e9;
  for (const MemoryLevel& level : limits.levels) {
    const double knee = peak / level.triad;
    // From where the roof comes into sight.
    const double left = std::max(low, slowest / level.triad);
    panel.series.push_back({.label = "roofs of " + limits.levels.front().name + " (top) to " +
                                     limits.levels.back().name,
                            .x = {left, knee, high},
                            .y = {left * level.triad / 1e9, peak / 1e9, peak / 1e9},
                            .color = kRoofColor});
  }
  for (std::size_t f = 0; f < families.size(); ++f) {
    Series points{.label = families[f], .style = Series::Style::kPoints, .color = f};
    for (const KernelRate& rate : rates) {
      if (rate.family != families[f] || rate.type != type || rate.flops <= 0) continue;
      points.x.push_back(rate.flops / rate.bytes);
      points.y.push_back(rate.flop_rate / 1e9);
    }
    if (!points.x.empty()) panel.series.push_back(std::move(points));
  }
  return panel;
}

Figure roofline(const std::vector<KernelRate>& rates, const MachineLimits& limits,
                std::size_t threads) {
  return {
      .name = "roofline",
      .title = fmt::format("What the kernels reach of what this machine allows ({}, {} thread{})",
                           simd_target(), threads, threads == 1 ? "" : "s"),
      .caption = {},
      .panels = {roofline_panel(rates, limits, "float"), roofline_panel(rates, limits, "double")}};
}

std::string kernels_json(const Arguments& arguments, const MachineLimits& limits,
                         const std::vector<KernelRate>& rates) {
  using Json = nlohmann::ordered_json;
  Json targets = Json::array(), memory = Json::array(), routines = Json::array();
  for (const SimdTarget& target : simd_targets()) {
    targets.push_back({{"name", target.name}, {"usable", target.usable}});
  }
  for (const MemoryLevel& level : limits.levels) {
    memory.push_back({{"level", level.name},
                      {"bytes", level.bytes == 0 ? Json(nullptr) : Json(level.bytes)},
                      {"read_bytes_per_second", level.read},
                      {"triad_bytes_per_second", level.triad}});
  }
  for (const KernelRate& rate : rates) {
    Json ratios = Json::object();
    for (const KernelRatio& ratio : rate.ratios) ratios[ratio.rival] = ratio.times;
    routines.push_back({{"family", rate.family},
                        {"routine", rate.routine},
                        {"type", rate.type},
                        {"shape", rate.shape},
                        {"seconds", rate.seconds},
                        {"flops", rate.flops},
                        {"bytes", rate.bytes},
                        {"flops_per_second", rate.flop_rate},
                        {"bytes_per_second", rate.byte_rate},
                        {"bound", rate.bound},
                        {"share_of_roofline", rate.share},
                        {"processor_share", rate.processor_share},
                        {"times", std::move(ratios)}});
  }
  const Json json = {
      {"schema", 1},
      {"version", kVersion},
      {"target", simd_target()},
      {"targets", std::move(targets)},
      {"threads", arguments.config.threads},
      {"openblas_core", openblas_core()},
      {"peak_flops_per_second", {{"float", limits.float_peak}, {"double", limits.double_peak}}},
      {"memory", std::move(memory)},
      {"routines", std::move(routines)},
      {"figures", {"roofline.svg"}}};
  return json.dump(2) + "\n";
}

void profile(const Arguments& arguments, const std::atomic<bool>& stop, char** argv) {
  if (!arguments.target.empty()) set_simd_target(arguments.target);
  // All that can be wrong is found before the work, not after it.
  count_kernel_routines(arguments.config);
  require_gnuplot();
  const std::filesystem::path out = arguments.out;
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (!error && ::access(out.c_str(), W_OK) != 0) error = {errno, std::generic_category()};
  SURPLUS_REQUIRE(!error, DataError, arguments.out, "the directory must be writable", "error",
                  error.message());
  run_openblas_at_its_best(argv);
  run_product_rivals_at_their_best(argv);

  const MachineLimits limits = measure_machine(arguments.config);
  print_machine(arguments, limits);
  std::string family;
  const std::vector<KernelRate> rates =
      profile_kernels(arguments.config, limits, [&](const KernelRate& rate) {
        if (!family.empty() && family != rate.family) fmt::print("\n");
        family = rate.family;
        print_rate(rate, rivals_of(arguments));
        return !stop;
      });
  if (stop) throw Interrupted{};
  fmt::print("\n");
  print_means(rates, rivals_of(arguments));
  print_disturbance(rates);
  const std::string svg = to_svg(roofline(rates, limits, arguments.config.threads));
  write_file_atomically(out / "roofline.svg", svg);
  write_file_atomically(out / "kernels.json", kernels_json(arguments, limits, rates));
  fmt::print("Written: {}, {}\n", (out / "roofline.svg").string(), (out / "kernels.json").string());
}

}  // namespace

void add_kernels_command(CLI::App& app, const std::atomic<bool>& stop, char** argv) {
  CLI::App* const command =
      app.add_subcommand("kernels", "how fast the numeric kernels run, and how fast they could");
  const auto arguments = std::make_shared<Arguments>();
  arguments->config.rivals = product_rivals();
  command->add_option("--target", arguments->target,
                      "SIMD target to run on: avx3, avx2 or scalar; the best one by default");
  command
      ->add_option("--filter", arguments->config.filter,
                   "time only routines with this TEXT in name, type or shape")
      ->type_name("TEXT");
  command
      ->add_option("--threads", arguments->config.threads,
                   "run that many copies at once, each on its own operands; rates are their sum")
      ->capture_default_str();
  command->add_option("--out", arguments->out, "directory for roofline.svg and kernels.json")
      ->type_name("DIR")
      ->capture_default_str();
  command->footer(
      "Measures the peak of multiply-adds and the bandwidth of each level of memory (the best of "
      "many runs),\nthen each routine at some shapes (the median), on warm operands. GFLOP/s and "
      "GB/s count the operations\nand bytes that the kernel's header states. The share of the "
      "roofline is of the peak, or of the bandwidth\nof a probe with about as many bytes, "
      "whichever "
      "binds: reading for what only reads, z = x + c y for what fills\nmemory, the better one for "
      "what updates in place. The columns after it tell how many times as\nfast as a rival on one "
      "thread "
      "surplus is: OpenBLAS, and in a build configured with -Dbench=enabled\nalso oneDNN and Eigen "
      "where they were found.\n\n"
      "Examples:\n  surplus kernels\n  surplus kernels --filter gemm --target avx2\n"
      "  surplus kernels --filter 'exp float' --threads 2 --out my-kernels");
  command->callback([arguments, &stop, argv] { profile(*arguments, stop, argv); });
}

}  // namespace surplus::apps
