/// The tables of itml: bundled, generated or, if they are there, downloaded ones.
#ifndef SURPLUS_APPS_STUDIES_ITML_DATA_H_
#define SURPLUS_APPS_STUDIES_ITML_DATA_H_

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "surplus/data/samples.h"

namespace surplus::apps::itml {

/// The sets of the comparison of nearest neighbors. Iris and wine are bundled, balance-scale is
/// generated from its definition, the other two are downloads.
inline constexpr std::array<std::string_view, 5> kSets = {"iris", "wine", "ionosphere",
                                                          "balance-scale", "soybean-small"};

/// The name of the data set in the catalog, if it is one to download; else empty.
std::string_view download_of(std::string_view set);

/// Whether the set can be loaded.
bool is_present(std::string_view set, const std::filesystem::path& data);

/// One of kSets. Throws as find_dataset().
Samples load_set(std::string_view set, const std::filesystem::path& data);

/// The original Wisconsin breast cancer data: 683 complete rows of 9 scores.
Samples load_breast_cancer();

/// The 625 states of a balance: weight and distance from 1 to 5 on the left and on the right; its
/// class is the side that sinks. Row for row what the repository's file holds.
Samples balance_scale();

}  // namespace surplus::apps::itml

#endif  // SURPLUS_APPS_STUDIES_ITML_DATA_H_
