/// Where the files of a data set lie, and whether they are the originals.
#ifndef SURPLUS_APPS_DATA_LOOKUP_H_
#define SURPLUS_APPS_DATA_LOOKUP_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/data/catalog.h"
#include "surplus/core/errors.h"

namespace surplus::apps {

/// A data set that is not there: what the user can mend by fetching it.
class MissingDataset : public DataError {
 public:
  using DataError::DataError;
};

/// The directories in which data sets are looked up, first to last: `given` (of --data),
/// $SURPLUS_DATA, $XDG_CACHE_HOME/surplus or else ~/.cache/surplus. What is empty is left out, and
/// so is an $XDG_CACHE_HOME that is not absolute, as its specification asks.
std::vector<std::filesystem::path> data_directories(const std::filesystem::path& given);

/// Where the bundled tables lie: beside the installed program, else in the source tree.
std::filesystem::path bundled_directory();

/// Where a file lies, and whether as a gzip file whose content it is.
struct Location {
  std::filesystem::path path;
  bool packed = false;
};

/// The first directory's copy of `file`: under its own name, or as NAME.gz. None if there is none.
/// A bundled data set is looked for in the bundled directory alone. Opens no file.
std::optional<Location> locate(const Dataset& dataset, const DatasetFile& file,
                               const std::filesystem::path& given);

/// Throws DataError unless what lies there (unpacked) has the size and the hash of `file`.
///
/// Cost  one pass over the file
void require_original(const DatasetFile& file, const Location& location);

/// The files of the data set `name`, in the catalog's order, found and verified. A path that ends
/// in .gz where the catalog's does not is the same file, packed.
///
/// given   the directory of --data; empty if none was given
/// Throws  ArgumentError if there is no such data set; MissingDataset, naming the command that
///         fetches it, if a file is absent; DataError if one is not the original
std::vector<std::filesystem::path> find_dataset(std::string_view name,
                                                const std::filesystem::path& given);

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_DATA_LOOKUP_H_
