#pragma once

#include <cstddef>
#include <vector>

#include "engine/api/evaluate.h"

namespace dinoscope::app {

/// What `dino knn` and `dino linear` print alike, on stdout.

void printSets(const api::EvaluationSets& sets, std::size_t classes);
/// A line a class.
void printClasses(const std::vector<api::ClassScore>& classes);

}  // namespace dinoscope::app
