#include "apps/commands/rivals.h"

#ifdef SURPLUS_HAS_RIVALS
#include <algorithm>

#include "bench/support/rivals.h"
#endif

namespace surplus::apps {

#ifdef SURPLUS_HAS_RIVALS

std::vector<ProductRival> product_rivals() {
  std::vector<ProductRival> rivals;
  for (const auto& rival : bench::gemm_rivals<float>())
    rivals.push_back({.name = rival.name, .float_gemm = rival.gemm});
  for (const auto& rival : bench::gemm_rivals<double>()) {
    auto at = std::ranges::find(rivals, rival.name, &ProductRival::name);
    if (at == rivals.end()) at = rivals.insert(at, {.name = rival.name});
    at->double_gemm = rival.gemm;
  }
  std::erase_if(rivals, [](const ProductRival& rival) { return rival.name == "OpenBLAS"; });
  return rivals;
}

void run_product_rivals_at_their_best(char** argv) { bench::run_rivals_at_their_best(argv); }

#else

std::vector<ProductRival> product_rivals() { return {}; }

void run_product_rivals_at_their_best(char**) {}

#endif

}  // namespace surplus::apps
