#pragma once

#include <filesystem>
#include <string>

#include "engine/base/job.h"
#include "engine/weights/catalogue.h"

namespace dinoscope {

/// Fetches a checkpoint of the catalogue from `address` into the cache, and returns its file. It gets its
/// name there only if it is what the entry says: by its hash where all of it is published, by the network
/// that it holds otherwise. Throws Error as fetchFile() does, and for a file of another network, which is
/// removed.
std::filesystem::path fetchEntry(const CatalogueEntry& entry, const std::string& address,
                                 JobControl& control);

}  // namespace dinoscope
