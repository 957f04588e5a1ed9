/// The parameters of a network: named matrices in one piece of memory.
#ifndef SURPLUS_NN_PARAMETERS_H_
#define SURPLUS_NN_PARAMETERS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "surplus/autodiff/derivatives.h"
#include "surplus/autodiff/tape.h"
#include "surplus/core/matrix.h"

namespace surplus {

/// What one matrix of a bundle is called, and its shape.
struct NamedShape {
  std::string name;
  Shape shape;
  bool trained = true;  ///< false: no gradient changes it, as with running averages
  friend bool operator==(const NamedShape&, const NamedShape&) = default;
};

/// Matrices that lie one after the other, without gaps, in one allocation: seen as a whole by
/// optimizers, norms and files, one by one by the network. Gradients, velocities and directions of a
/// network are bundles of the same layout. T is float or double.
template <typename T>
class Parameters {
 public:
  Parameters() = default;
  /// All zero. Throws ArgumentError if a name is empty or comes twice
  explicit Parameters(std::vector<NamedShape> layout);

  const std::vector<NamedShape>& layout() const { return layout_; }
  /// The number of matrices, and of elements in all of them.
  std::size_t count() const { return layout_.size(); }
  std::size_t size() const { return values_.size(); }

  /// All elements, matrix after matrix, row after row.
  std::span<T> flat() { return values_.values(); }
  std::span<const T> flat() const { return values_.values(); }

  /// Matrix i, and where its first element stands in flat().
  MatrixView<T> operator[](std::size_t i) { return view_of(i, values_.data()); }
  MatrixView<const T> operator[](std::size_t i) const { return view_of(i, values_.data()); }
  std::size_t offset(std::size_t i) const { return offsets_[i]; }

  /// The matrix of this name. Throws ArgumentError if there is none
  MatrixView<T> operator[](std::string_view name) { return (*this)[index_of(name)]; }
  MatrixView<const T> operator[](std::string_view name) const { return (*this)[index_of(name)]; }

  friend bool operator==(const Parameters&, const Parameters&) = default;

 private:
  std::size_t index_of(std::string_view name) const;
  template <typename U>
  MatrixView<U> view_of(std::size_t i, U* values) const {
    SURPLUS_ASSERT(i < count());
    return {values + offsets_[i], layout_[i].shape.rows, layout_[i].shape.cols};
  }

  std::vector<NamedShape> layout_;
  std::vector<std::size_t> offsets_;
  Matrix<T> values_;
};

/// What a matrix of a bundle that is not trained becomes once the step is made.
template <typename T>
struct Assignment {
  std::size_t matrix;         ///< its number in Parameters::layout()
  MatrixView<const T> value;  ///< of its shape, in memory that lives as long as the tape's values
};

/// The matrices as leaves of the tape, which refers to them: they must live, and must not change,
/// until the tape is cleared.
///
/// Returns  one variable per matrix, in their order; put_leaves() reuses the memory of `leaves`
template <typename T>
std::vector<ad::Var<T>> leaves_of(const Parameters<T>& parameters, ad::Tape<T>& tape);
template <typename T>
void put_leaves(const Parameters<T>& parameters, ad::Tape<T>& tape,
                std::vector<ad::Var<T>>& leaves);

/// Where ad::gradient() shall put the derivatives with respect to the leaves: into `gradient`, a
/// bundle of the same layout, which must live until then.
///
/// Throws   ShapeError if there is not one leaf per matrix
template <typename T>
std::vector<ad::Sink<T>> sinks_of(const std::vector<ad::Var<T>>& leaves, Parameters<T>& gradient);

extern template class Parameters<float>;
extern template class Parameters<double>;

}  // namespace surplus

#endif  // SURPLUS_NN_PARAMETERS_H_
