#include "apps/studies/itml/data.h"

#include "apps/data/lookup.h"
#include "surplus/data/csv.h"

namespace surplus::apps::itml {

std::string_view download_of(std::string_view set) {
  if (set == "ionosphere") return "uci-ionosphere";
  if (set == "soybean-small") return "uci-soybean-small";
  return {};
}

bool is_present(std::string_view set, const std::filesystem::path& data) {
  const std::string_view download = download_of(set);
  if (download.empty()) return true;
  const Dataset& dataset = dataset_named(download);
  return locate(dataset, dataset.files.front(), data).has_value();
}

Samples load_set(std::string_view set, const std::filesystem::path& data) {
  if (set == "balance-scale") return balance_scale();
  const std::string_view download = download_of(set);
  return read_csv(find_dataset(download.empty() ? set : download, data).front(),
                  {.label_column = -1});
}

Samples load_breast_cancer() {
  return read_csv(find_dataset("breast-cancer-original", {}).front(),
                  {.label_column = -1, .missing = CsvMissing::kDropRow});
}

Samples balance_scale() {
  Samples samples{Matrix<double>(625, 4),
                  std::vector<std::size_t>(625),
                  {"B", "L", "R"},
                  {"left weight", "left distance", "right weight", "right distance"}};
  for (std::size_t i = 0; i < 625; ++i) {
    std::size_t rest = i;
    for (std::size_t j = 4; j-- > 0; rest /= 5) {
      samples.x(i, j) = static_cast<double>(rest % 5 + 1);
    }
    const auto row = samples.x.row(i);
    const double torque = row[0] * row[1] - row[2] * row[3];
    samples.labels[i] = torque == 0 ? 0 : torque > 0 ? 1 : 2;
  }
  return samples;
}

}  // namespace surplus::apps::itml
