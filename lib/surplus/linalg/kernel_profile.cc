#include "surplus/linalg/kernel_profile.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cctype>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <map>
#include <set>
#include <string_view>
#include <thread>

#include "kernels/blas.h"
#include "kernels/probe.h"
#include "surplus/core/errors.h"
#include "surplus/core/matrix.h"
#include "surplus/core/parallel.h"
#include "surplus/linalg/kernel_routines.h"

namespace surplus {
namespace {

using detail::KernelCall;
using detail::KernelRival;
using detail::KernelRoutine;
using detail::KernelTraffic;
using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double>(end - begin).count();
}

// Seconds from when all threads are ready until the last has made `count` calls of its own work.
// Threads of our own and not the library's, which may run its tasks one after another.
double time_calls(std::vector<KernelCall>& calls, std::size_t count) {
  std::vector<Clock::time_point> begin(calls.size()), end(calls.size());
  std::atomic<std::size_t> waiting = calls.size();
  const auto work = [&](std::size_t t) {
    for (--waiting; waiting > 0;) {
    }
    begin[t] = Clock::now();
    for (std::size_t i = 0; i < count; ++i) calls[t]();
    end[t] = Clock::now();
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t t = 1; t < calls.size(); ++t) others.emplace_back(work, t);
    work(0);
  }
  return seconds_between(*std::min_element(begin.begin(), begin.end()),
                         *std::max_element(end.begin(), end.end()));
}

// How many calls last for `seconds`; the first ones warm up.
std::size_t calls_in(double seconds, std::vector<KernelCall>& calls) {
  // Cold operands do not double what lasts long enough.
  if (time_calls(calls, 1) >= 2 * seconds) return 1;
  std::size_t count = 1;
  for (;;) {
    const double taken = time_calls(calls, count);
    if (taken >= seconds) return count;
    // At most tenfold, because a short run says little about a long one.
    count = static_cast<std::size_t>(
        std::ceil(static_cast<double>(count) * std::clamp(1.2 * seconds / taken, 1.1, 10.0)));
  }
}

// What is compared: the same work by us and by a rival.
struct Side {
  std::vector<KernelCall> calls;  // one per thread
  std::size_t count = 1;          // of calls in one timed run
  std::vector<double> times{};    // of one call, one for each run

  double median() {
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
  }
};

// Times the sides in turn, so that what disturbs the machine for a while disturbs them all. Returns
// the share of their cores that they got.
double time_sides(std::vector<Side>& sides, const KernelProfileConfig& config) {
  for (Side& side : sides) side.count = calls_in(config.seconds, side.calls);
  const auto start = Clock::now();
  const std::clock_t processor_start = std::clock();
  for (std::size_t run = 0; run < config.repeats; ++run) {
    if (run >= 3 && seconds_between(start, Clock::now()) > config.patience) break;
    for (Side& side : sides) {
      side.times.push_back(time_calls(side.calls, side.count) / static_cast<double>(side.count));
    }
  }
  const double processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
  return std::min(
      1.0, processor / static_cast<double>(config.threads) / seconds_between(start, Clock::now()));
}

template <typename Make>
std::vector<KernelCall> one_per_thread(std::size_t threads, const Make& make) {
  std::vector<KernelCall> calls;
  for (std::size_t t = 0; t < threads; ++t) calls.push_back(make());
  return calls;
}

// Calls per second and thread, the best of many runs within `seconds`: a disturbance must not lower
// a limit.
double best_rate(std::vector<KernelCall> calls, double seconds) {
  const auto start = Clock::now();
  const std::size_t count = calls_in(0.002, calls);
  double best = 0;
  for (int run = 0; run < 5 || (run < 50 && seconds_between(start, Clock::now()) < seconds);
       ++run) {
    best = std::max(best, static_cast<double>(count) / time_calls(calls, count));
  }
  return best;
}

}  // namespace

template <typename T>
double measure_peak(std::size_t threads) {
  constexpr std::size_t kSteps = 10000;
  T end = 0;
  const std::size_t flops = kernels::multiply_add_chains(kSteps, T(0.999), T(0.001), &end);
  return static_cast<double>(threads * flops) *
         best_rate(one_per_thread(threads,
                                  [] {
                                    return [end = T{0}]() mutable {
                                      kernels::multiply_add_chains(kSteps, T(0.999), T(0.001),
                                                                   &end);
                                    };
                                  }),
                   0.15);
}

template double measure_peak<float>(std::size_t);
template double measure_peak<double>(std::size_t);

Bandwidth measure_bandwidth(std::size_t bytes, std::size_t threads, double seconds) {
  const std::size_t n = std::max<std::size_t>(bytes / sizeof(float), 3);
  const auto read = [n] {
    return [x = Matrix<float>(1, n, 1), end = 0.0f]() mutable {
      kernels::read_through(x.size(), x.data(), &end);
    };
  };
  const auto triad = [n = n / 3] {
    return [x = Matrix<float>(1, n, 1), y = Matrix<float>(1, n, 2),
            z = Matrix<float>(1, n)]() mutable {
      kernels::triad(x.size(), x.data(), 0.5f, y.data(), z.data());
    };
  };
  const auto moved = static_cast<double>(threads * n * sizeof(float));
  return {moved * best_rate(one_per_thread(threads, read), seconds),
          moved * best_rate(one_per_thread(threads, triad), seconds)};
}

namespace {

// What the kernel of Linux says of the data caches, or usual sizes where it says nothing.
std::vector<MemoryLevel> caches() {
  std::vector<MemoryLevel> levels;
  for (int index = 0;; ++index) {
    const std::string folder =
        "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    std::ifstream type_file(folder + "type"), level_file(folder + "level"),
        size_file(folder + "size");
    std::string type, level;
    std::size_t kib = 0;
    if (!(type_file >> type && level_file >> level && size_file >> kib)) break;
    if (type != "Instruction") levels.push_back({"L" + level, kib << 10});
  }
  if (levels.empty()) {
    levels = {
        {"L1", std::size_t{32} << 10}, {"L2", std::size_t{1} << 20}, {"L3", std::size_t{16} << 20}};
  }
  return levels;
}

// The first two levels belong to one core each, the others to all.
std::size_t sharers(std::size_t level, std::size_t threads) { return level < 2 ? 1 : threads; }

void require_threads(const char* function, std::size_t threads) {
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  SURPLUS_REQUIRE(threads >= 1 && threads <= cores, ArgumentError, function,
                  "threads must be at least 1 and at most the number of cores", "threads", threads,
                  "cores", cores);
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// The routines that the filter lets through; checks the rest of the configuration as well.
std::vector<KernelRoutine> chosen_routines(const KernelProfileConfig& config) {
  require_threads("profile_kernels", config.threads);
  SURPLUS_REQUIRE(config.repeats >= 1 && config.seconds > 0, ArgumentError, "profile_kernels",
                  "repeats and seconds must be positive", "repeats", config.repeats, "seconds",
                  config.seconds);
  std::vector<KernelRoutine> chosen;
  std::set<std::string> names;
  for (KernelRoutine& routine : detail::kernel_routines(config.rivals)) {
    names.insert(routine.name);
    const std::string text = lower_case(routine.name + " " + routine.type + " " + routine.shape);
    if (text.find(lower_case(config.filter)) != std::string::npos)
      chosen.push_back(std::move(routine));
  }
  std::string known;
  for (const std::string& name : names) known.append(known.empty() ? "" : ", ").append(name);
  SURPLUS_REQUIRE(!chosen.empty(), ArgumentError, "profile_kernels",
                  "the filter must be part of a routine, its type and shape; routines are " + known,
                  "filter", config.filter);
  return chosen;
}

// The level that holds `footprint` bytes of each thread.
const MemoryLevel& level_of(double footprint, const MachineLimits& limits, std::size_t threads) {
  std::size_t level = 0;
  while (level + 1 < limits.levels.size() &&
         footprint * static_cast<double>(sharers(level, threads)) >
             static_cast<double>(limits.levels[level].bytes)) {
    ++level;
  }
  return limits.levels[level];
}

// As many bytes of each thread stand for the main memory: twice the largest cache, but at least kLeastMemory and at
// most eight times that.
constexpr std::size_t kLeastMemory = std::size_t{64} << 20;
std::size_t memory_size(const std::vector<MemoryLevel>& levels, std::size_t threads) {
  std::size_t largest = 0;
  for (const MemoryLevel& level : levels) largest = std::max(largest, level.bytes);
  return std::clamp(2 * largest, kLeastMemory, 8 * kLeastMemory) / threads;
}

// The next size below whose three upper bits are all that is set: routines of nearly the same size share a probe.
std::size_t rounded_down(std::size_t bytes) {
  const int width = std::bit_width(bytes);
  return width <= 3 ? bytes : bytes >> (width - 3) << (width - 3);
}

// How many threads the library shares work among, until this goes out of scope.
class ThreadCount {
 public:
  explicit ThreadCount(std::size_t threads) : before_(thread_count()) { set_thread_count(threads); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;
  ~ThreadCount() { set_thread_count(before_); }

 private:
  std::size_t before_;
};

// The bandwidth that a routine with that traffic can have at most.
double allowed(const Bandwidth& measured, KernelTraffic traffic) {
  switch (traffic) {
    case KernelTraffic::kReads:
      return measured.read;
    case KernelTraffic::kWrites:
      return measured.triad;
    case KernelTraffic::kUpdates:
      break;
  }
  return std::max(measured.read, measured.triad);
}

}  // namespace

MachineLimits measure_machine(const KernelProfileConfig& config) {
  require_threads("measure_machine", config.threads);
  MachineLimits limits = {measure_peak<float>(config.threads), measure_peak<double>(config.threads),
                          caches()};
  for (std::size_t i = 0; i < limits.levels.size(); ++i) {
    MemoryLevel& level = limits.levels[i];
    const std::size_t bytes = std::min(level.bytes / 2 / sharers(i, config.threads), kLeastMemory);
    const auto [read, triad] = measure_bandwidth(bytes, config.threads);
    level = {level.name, level.bytes, read, triad};
  }
  const auto [read, triad] =
      measure_bandwidth(memory_size(limits.levels, config.threads), config.threads);
  limits.levels.push_back({"memory", 0, read, triad});
  return limits;
}

std::size_t count_kernel_routines(const KernelProfileConfig& config) {
  return chosen_routines(config).size();
}

std::vector<KernelRate> profile_kernels(const KernelProfileConfig& config,
                                        const MachineLimits& limits,
                                        const KernelObserver& observer) {
  SURPLUS_REQUIRE(!limits.levels.empty(), ArgumentError, "profile_kernels",
                  "the limits must be those of measure_machine", "levels", limits.levels.size());
  std::vector<KernelRate> rates;
  std::map<std::size_t, Bandwidth> bandwidths;
  const ThreadCount shared(config.threads);
  for (const KernelRoutine& routine : chosen_routines(config)) {
    KernelRate rate{.family = routine.family,
                    .routine = routine.name,
                    .type = routine.type,
                    .shape = routine.shape,
                    .flops = routine.flops,
                    .bytes = routine.bytes};
    const std::size_t copies = routine.is_parallel ? 1 : config.threads;
    std::vector<Side> sides = {{one_per_thread(copies, routine.make)}};
    for (const KernelRival& rival : routine.rivals)
      sides.push_back({one_per_thread(copies, rival.make)});
    rate.processor_share = time_sides(sides, config);
    rate.seconds = sides.front().median();
    for (std::size_t r = 0; r < routine.rivals.size(); ++r)
      rate.ratios.push_back({routine.rivals[r].name, sides[r + 1].median() / rate.seconds});
    const double calls_per_second = static_cast<double>(copies) / rate.seconds;
    rate.flop_rate = routine.flops * calls_per_second;
    rate.byte_rate = routine.bytes * calls_per_second;
    // Caches end nowhere sharply, so the bandwidth is that of operands of about the same size.
    const std::size_t size = rounded_down(static_cast<std::size_t>(routine.footprint));
    if (!bandwidths.contains(size)) {
      bandwidths[size] = size >= memory_size(limits.levels, config.threads)
                             ? Bandwidth{limits.levels.back().read, limits.levels.back().triad}
                             : measure_bandwidth(size, config.threads, 0.05);
    }
    const double of_bandwidth = rate.byte_rate / allowed(bandwidths.at(size), routine.traffic);
    const double of_peak =
        rate.flop_rate / (rate.type == "float" ? limits.float_peak : limits.double_peak);
    rate.bound =
        of_peak >= of_bandwidth ? "peak" : level_of(routine.footprint, limits, config.threads).name;
    rate.share = std::max(of_peak, of_bandwidth);
    rates.push_back(rate);
    if (observer && !observer(rate)) break;
  }
  return rates;
}

std::string openblas_core() { return kernels::blas_core(); }

}  // namespace surplus
