/// The table of all data sets surplus knows: their files, hashes and mirrors.
#ifndef SURPLUS_APPS_DATA_CATALOG_H_
#define SURPLUS_APPS_DATA_CATALOG_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace surplus::apps {

/// One file of a data set, as its authors published it.
struct DatasetFile {
  std::string_view path;    ///< below a data directory: "mnist/train-images-idx3-ubyte.gz"
  std::string_view remote;  ///< below each mirror; empty for a bundled file
  std::uint64_t bytes = 0;
  std::string_view sha256;  ///< 64 lower-case hexadecimal digits
};

struct Dataset {
  std::string_view name;
  std::string_view contents;  ///< one line for people: what, how many, of what shape
  std::span<const DatasetFile> files;
  std::span<const std::string_view> mirrors;  ///< to try in this order; none if it is bundled

  bool bundled() const { return mirrors.empty(); }
};

/// All data sets, in the order in which they are listed.
std::span<const Dataset> catalog();

/// The data set of that name. Throws ArgumentError, listing the names there are, if there is none.
const Dataset& dataset_named(std::string_view name);

/// Where to fetch `file` of `dataset`, in the order in which to try. `mirrors` stand in for the
/// catalog's unless empty: each is the URL of a data directory that some web server shows.
std::vector<std::string> urls_of(const Dataset& dataset, const DatasetFile& file,
                                 std::span<const std::string> mirrors);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_DATA_CATALOG_H_
