#include <array>

#include "apps/studies/classifier_width.h"
#include "apps/studies/double_descent.h"
#include "apps/studies/em_gmm.h"
#include "apps/studies/interpolation_sgd.h"
#include "apps/studies/itml.h"
#include "apps/studies/itop.h"
#include "apps/studies/linearity.h"
#include "apps/studies/sequence_adaptivity.h"
#include "apps/studies/sop.h"
#include "apps/studies/sop_linear.h"
#include "apps/studies/study.h"
#include "apps/studies/two_layer_capacity.h"

namespace surplus::apps {
namespace {

constexpr std::array kStudies = {
    study_entry<ClassifierWidth>(),
    study_entry<DoubleDescent>(),
    study_entry<EmGmm>(),
    study_entry<InterpolationSgd>(),
    study_entry<Itml>(),
    study_entry<Itop>(),
    study_entry<Linearity>(),
    study_entry<SequenceAdaptivity>(),
    study_entry<Sop>(),
    study_entry<SopLinear>(),
    study_entry<TwoLayerCapacity>(),
};

}  // namespace

std::span<const StudyEntry> studies() { return kStudies; }

}  // namespace surplus::apps
