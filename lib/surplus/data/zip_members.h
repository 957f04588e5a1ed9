/// The members of a ZIP archive in memory.
#ifndef SURPLUS_DATA_ZIP_MEMBERS_H_
#define SURPLUS_DATA_ZIP_MEMBERS_H_

#include <functional>
#include <string>
#include <string_view>

namespace surplus::detail {

/// use(path, contents) for each member whose path is wanted, in the archive's order.
///
/// name    what messages call the archive
/// what    "an NPZ file", which must be a complete archive
/// Throws  DataError if the archive is damaged or cut off; what `use` throws
void for_each_zip_member(
    std::string_view bytes, std::string_view name, std::string_view what,
    const std::function<bool(const std::string& path)>& wanted,
    const std::function<void(const std::string& path, const std::string& contents)>& use);

}  // namespace surplus::detail

#endif  // SURPLUS_DATA_ZIP_MEMBERS_H_
