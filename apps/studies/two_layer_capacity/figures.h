/// The paper's figures, drawn of our networks.
#ifndef SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_FIGURES_H_
#define SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_FIGURES_H_

#include <vector>

#include "apps/report/figure.h"
#include "apps/studies/two_layer_capacity/sweep.h"

namespace surplus::apps::two_layer_capacity {

/// Errors first; each has panels of every set.
std::vector<Figure> figures_of(const std::vector<SetResult>& sets);

}  // namespace surplus::apps::two_layer_capacity

#endif  // SURPLUS_APPS_STUDIES_TWO_LAYER_CAPACITY_FIGURES_H_
