#include "apps/studies/study.h"

#include <array>

namespace surplus::apps {
namespace {

constexpr std::array<StudyEntry, 0> kStudies = {};

}  // namespace

std::span<const StudyEntry> studies() { return kStudies; }

}  // namespace surplus::apps
