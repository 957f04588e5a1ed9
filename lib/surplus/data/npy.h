/// Arrays in NumPy's files: NPY, one array, and NPZ, several of them by name.
#ifndef SURPLUS_DATA_NPY_H_
#define SURPLUS_DATA_NPY_H_

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "surplus/core/matrix.h"

namespace surplus {

/// Reads an array of any number of dimensions as a matrix: the first dimension counts the rows, all
/// others together the columns; one dimension alone is a column, none a 1 x 1 matrix.
///
/// Format versions 1 to 3, both byte orders, both memory orders; elements float32, float64, signed
/// and unsigned integers and bool. Integers must be exact in T; float64 is rounded to float, but
/// not to infinity. NaN and infinity pass.
///
/// Throws  DataError with path and byte offset if the file is missing, no NPY file, cut off or
///         followed by other data, of another element type or of a shape that memory cannot hold,
///         or if an element does not fit into T
/// Cost    one pass; the file and the result in memory
/// Source  numpy.lib.format, format versions 1.0, 2.0 and 3.0
template <typename T>
Matrix<T> read_npy(const std::filesystem::path& path);

/// The same for bytes in memory, which messages call `name`.
template <typename T>
Matrix<T> parse_npy(std::string_view bytes, std::string_view name);

/// Writes a matrix as a two-dimensional array of float32 or float64, version 1.0, row after row;
/// to a temporary name, then renamed.
///
/// Throws  DataError if the file cannot be written
void write_npy(const std::filesystem::path& path, MatrixView<const float> x);
void write_npy(const std::filesystem::path& path, MatrixView<const double> x);

/// Reads all arrays of an NPZ file, stored or deflated, by their names; members whose name does not
/// end in .npy are left out.
///
/// Throws  DataError as read_npy(), or if the file is no complete ZIP archive, a checksum does not
///         hold or two arrays have the same name
template <typename T>
std::map<std::string, Matrix<T>> read_npz(const std::filesystem::path& path);
template <typename T>
std::map<std::string, Matrix<T>> parse_npz(std::string_view bytes, std::string_view name);

enum class NpzCompression { kStore, kDeflate };

/// Writes arrays by name, to a temporary name, then renamed. The same arrays give the same bytes.
///
/// Throws  ArgumentError if there is no array or one without a name; DataError if the file cannot be written
void write_npz(const std::filesystem::path& path,
               const std::map<std::string, MatrixView<const float>>& arrays,
               NpzCompression compression = NpzCompression::kStore);
void write_npz(const std::filesystem::path& path,
               const std::map<std::string, MatrixView<const double>>& arrays,
               NpzCompression compression = NpzCompression::kStore);

/// The same for arrays of both types.
using NpzArray = std::variant<MatrixView<const float>, MatrixView<const double>>;
void write_mixed_npz(const std::filesystem::path& path,
                     const std::map<std::string, NpzArray>& arrays,
                     NpzCompression compression = NpzCompression::kStore);

}  // namespace surplus

#endif  // SURPLUS_DATA_NPY_H_
