/// What verdicts, tables and figures of double-descent look up in its results.
#ifndef SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_LOOKUPS_H_
#define SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_LOOKUPS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "apps/studies/double_descent.h"

namespace surplus::apps::double_descent {

/// The fit of the fixed sample, in double unless `single`; null if there is none.
const FixedFit* fixed_fit(const std::vector<FixedTable>& tables, std::string_view basis,
                          double lambda, double d, bool single = false);

/// How far a value is from a printed one, in units of the last digit printed; 0 for an empty text.
double units_off(double value, std::string_view printed);

/// The median test error with so many features, NaN if there is none.
double median_at(const DrawTable& table, std::size_t features, std::size_t method = 0);
/// The number of features with the largest median.
std::size_t peak_of(const DrawTable& table);

/// The kernel's limit for the sweep's images; null if there is none.
const KernelLimit* limit_of(const DoubleDescent::Result& result, const FourierDesign& design);

/// Over seeds, of one width.
std::vector<double> values_at(const NetworkCurve& curve, std::size_t width_index,
                              double NetworkFit::*value);

}  // namespace surplus::apps::double_descent

#endif  // SURPLUS_APPS_STUDIES_DOUBLE_DESCENT_LOOKUPS_H_
