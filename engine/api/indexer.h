#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/api/gallery.h"

// Not for app or ui: one run of `dino index`.
namespace dinoscope::api {

/// Brings a gallery in line with the images of `source`, or makes it; `options` are those of indexOptions(),
/// which must be the gallery's own. `withGraph` also builds the graph where one is due.
IndexReport bringInLine(const std::filesystem::path& source, const OptionValues& options, bool withGraph,
                        JobControl& control);

/// Of a matrix, for approximate search. Whoever calls holds the gallery's lock.
void buildGraph(const std::filesystem::path& gallery, std::uint64_t generation, JobControl& control);

/// Absolute, through links, without a slash at its end: as a gallery's record has its folder.
std::filesystem::path wholePath(const std::filesystem::path& path);

}  // namespace dinoscope::api
