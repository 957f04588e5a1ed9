#include "apps/report/gnuplot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

// A file descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    SURPLUS_REQUIRE(number >= 0, DataError, "gnuplot", "the system must give a file descriptor",
                    "error", std::strerror(errno));
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close_now(); }

  int number() const { return number_; }
  void close_now() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

// A file in memory. The script and the complaints go through one each, so that only the output
// needs a pipe and no order of reading and writing can block both sides.
Descriptor memory_file(const char* name) { return Descriptor(::memfd_create(name, MFD_CLOEXEC)); }

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 1 << 16> buffer;
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(descriptor, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    SURPLUS_REQUIRE(put >= 0, DataError, "gnuplot", "the script must fit into memory", "error",
                    std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

// Starts gnuplot in a process group of its own: the Ctrl-C that stops a run must not reach it.
pid_t start(int input, int output, int complaints) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  char name[] = "gnuplot";
  char no_defaults[] = "-d";  // neither gnuplotrc nor ~/.gnuplot: the same picture everywhere
  char script[] = "-";
  char* arguments[] = {name, no_defaults, script, nullptr};
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, name, &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  SURPLUS_REQUIRE(error == 0, DataError, "gnuplot",
                  "the program gnuplot must be installed (Debian package gnuplot-nox)", "error",
                  std::strerror(error));
  return child;
}

}  // namespace

std::string run_gnuplot(const std::string& script) {
  const Descriptor input = memory_file("gnuplot-script");
  const Descriptor complaints = memory_file("gnuplot-complaints");
  write_all(input.number(), script);
  ::lseek(input.number(), 0, SEEK_SET);
  int ends[2] = {-1, -1};
  [[maybe_unused]] const int piped = ::pipe2(ends, O_CLOEXEC);
  const Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);

  const pid_t child = start(input.number(), write_end.number(), complaints.number());
  write_end.close_now();
  std::string output = read_all(read_end.number());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::lseek(complaints.number(), 0, SEEK_SET);
  std::string said = read_all(complaints.number());
  for (char& c : said) c = c == '\n' ? ' ' : c;
  // It warns of what is no fault, such as a series without a point that can be shown.
  SURPLUS_REQUIRE(status == 0, DataError, "gnuplot", "gnuplot must draw the figure", "status",
                  status, "message", said);
  return output;
}

}  // namespace surplus::apps
