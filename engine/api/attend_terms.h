#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/explore/attention_map.h"
#include "engine/explore/input_geometry.h"

// The words of `dino attend` and `dino video`.
namespace dinoscope::api {

/// "all", or numbers as "0,2"; none for "mean". Throws UsageError naming --heads.
std::vector<int> parseHeads(const std::string& text, int heads);

/// The number of "register2"; empty for another query.
std::optional<int> parseRegister(const std::string& text);

/// A point "x,y" of the upright image; empty for "cls" and registers. Throws UsageError naming --query.
std::optional<std::pair<double, double>> parseQuery(const std::string& text);

/// The patch at a point of the image. Throws Error for one outside.
Query toQuery(const std::optional<std::pair<double, double>>& point, const InputGeometry& geometry);

}  // namespace dinoscope::api
