/// Runs a fuzz target without a fuzzer: on each file given, and on the same changed variants of it
/// every time. What breaks shows as a crash, best under the address sanitizer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>

#include "surplus/core/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kVariants = 3000;

class Changes {
 public:
  explicit Changes(std::uint64_t seed) : state_(seed) {}

  /// One to four small changes, of the kinds that break parsers.
  std::string apply(std::string bytes) {
    for (std::size_t left = 1 + below(4); left > 0; --left) change(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t n) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return n == 0 ? 0 : static_cast<std::size_t>(state_ >> 33) % n;
  }

  void change(std::string& bytes) {
    constexpr char kTelling[] = {'\0', '\1', '\x7f', '\x80', '\xff', '"',
                                 ',',  '\n', '\r',   '?',    '9',    '-'};
    const std::size_t at = below(bytes.size()), length = 1 + below(8);
    switch (below(6)) {
      case 0:  // one bit
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:  // one byte
        if (!bytes.empty()) bytes[at] = kTelling[below(sizeof(kTelling))];
        break;
      case 2:  // a byte more
        bytes.insert(at, 1, kTelling[below(sizeof(kTelling))]);
        break;
      case 3:  // some bytes fewer
        bytes.erase(at, length);
        break;
      case 4:  // some bytes twice
        bytes.insert(at, bytes.substr(below(bytes.size()), length));
        break;
      default:  // the end cut off
        if (below(4) == 0) bytes.resize(at);
    }
  }

  std::uint64_t state_;
};

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    for (int i = 1; i < argc; ++i) {
      const std::string seed = surplus::read_file(argv[i]);
      Changes changes(static_cast<std::uint64_t>(i));
      run(seed);
      for (int variant = 0; variant < kVariants; ++variant) run(changes.apply(seed));
      std::printf("%s: %d variants\n", argv[i], kVariants);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "escaped: %s\n", e.what());
    return 1;
  }
  return argc > 1 ? 0 : 2;
}
