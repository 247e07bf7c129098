#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/evaluate.h"

// Not for app or ui: what both reports tell of their options.
namespace dinoscope::api {

/// EvaluationSets::chosen, of these options.
std::vector<std::pair<std::string, std::string>> chosenOf(const OptionValues& options,
                                                          std::initializer_list<const char*> keys);

}  // namespace dinoscope::api
