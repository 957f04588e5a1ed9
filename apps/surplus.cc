// The command line: parses, calls one sub-command, and turns how it ended into an exit status.

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "apps/commands/data.h"
#include "apps/commands/gmm.h"
#include "apps/commands/itml.h"
#include "apps/commands/kernels.h"
#include "apps/commands/list.h"
#include "apps/commands/reproduce.h"
#include "apps/commands/run.h"
#include "apps/runner/run.h"
#include "apps/runner/version.h"
#include "surplus/core/simd.h"

namespace {

constexpr int kBadInput = 2;
constexpr int kInterrupted = 130;

std::atomic<bool> stop = false;

// The first signal asks for an orderly end, the second one ends at once.
void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop = true; };
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// One line on standard error, whatever the message holds.
int fail(std::string message, int status) noexcept {
  for (char& c : message) c = c == '\n' ? ' ' : c;
  std::fprintf(stderr, "surplus: %s\n", message.c_str());
  return status;
}

// "surplus run --help", for the sub-command that was named.
std::string help_command(const CLI::App& app) {
  std::string text = "surplus";
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    text += " " + at->get_name();
  }
  return text + " --help";
}

int run(int argc, char** argv) {
  int status = 0;
  CLI::App app(
      "surplus: why do models with more parameters than they need work so well?\n"
      "Runs published studies again and says whether their claims hold.",
      "surplus");
  app.set_version_flag("--version", "surplus " + std::string(surplus::apps::kVersion));
  app.require_subcommand(1);
  app.footer(
      "Examples:\n  surplus list\n  surplus run em-gmm --preset quick\n"
      "  surplus reproduce\n\nExit status: 0 done; 1 a verdict fails under --strict; 2 bad usage "
      "or "
      "input;\n130 interrupted, work saved. SURPLUS_TARGET=AVX2 (or AVX3, SCALAR) chooses the "
      "instruction set.");
  surplus::apps::add_list_command(app);
  surplus::apps::add_run_command(app, stop, status);
  surplus::apps::add_reproduce_command(app, stop, status);
  surplus::apps::add_gmm_command(app, stop);
  surplus::apps::add_itml_command(app, stop);
  surplus::apps::add_data_command(app, stop);
  surplus::apps::add_kernels_command(app, stop, argv);
  app.parse_complete_callback([] { surplus::require_simd_target(); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success);
  } catch (const CLI::ParseError& error) {
    return fail(error.what() + std::string("; see ") + help_command(app), kBadInput);
  } catch (const surplus::apps::Interrupted& interrupted) {
    const std::string& next = interrupted.how_to_continue;
    return fail("interrupted" + (next.empty() ? next : "; to go on: " + next), kInterrupted);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    return fail("the output could not be written", kBadInput);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  stop_on_signals();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return fail(error.what(), kBadInput);
  }
}
