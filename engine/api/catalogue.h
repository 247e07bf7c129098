#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/job.h"

namespace dinoscope::api {

/// A checkpoint that is known by name (models/catalogue): a public one, or that of the program. What is not
/// known is empty.
struct CatalogueItem {
    std::string name;
    std::string family;
    std::string architecture;
    std::string address;  ///< empty where `page` alone hands it out
    std::string page;
    std::string sha256;  ///< 64 digits, or the first ones where no more are published
    std::string licence;
    std::optional<double> knn;     ///< published top-1 accuracy on ImageNet, percent
    std::optional<double> linear;  ///< the same
    std::filesystem::path file;    ///< where it lies, or would lie: the user's cache, or beside the program
    bool fetched = false;          ///< it lies there
};

std::vector<CatalogueItem> listCatalogue();

/// The document of `dino info --list --json`.
std::string toJson(const std::vector<CatalogueItem>& items);

/// Fetches a checkpoint of the catalogue into the cache, from `address` instead of its own if that is given.
/// Goes on with what an earlier call left. Does nothing where it is there. Returns the file. Throws
/// UsageError for a name that is not known, Error for one that only a page hands out, and as fetchFile().
std::filesystem::path fetchWeights(const std::string& name, const std::string& address, JobControl& control);

}  // namespace dinoscope::api
