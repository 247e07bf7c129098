#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dinoscope {

/// A public checkpoint, or the one that ships, from models/catalogue/catalogue.json. What is not known is
/// empty.
struct CatalogueEntry {
    std::string name;  ///< "dino-vits16"
    std::string family;
    std::string architecture;  ///< "vit_small/16"
    std::string address;       ///< of the file; empty where `page` alone hands it out
    std::string page;
    std::string sha256;  ///< 64 hexadecimal digits, or its first ones; of shards, that of all in a row
    std::string licence;
    std::string shipped;           ///< of the one that ships: its file below modelsFolder()
    std::optional<double> knn;     ///< top-1 accuracy on ImageNet, percent
    std::optional<double> linear;  ///< the same

    /// The last part of the address, or the name where there is none.
    std::string fileName() const;
};

const std::vector<CatalogueEntry>& catalogue();
const CatalogueEntry* findInCatalogue(std::string_view name);
/// By a file's name ("dino_deitsmall16_pretrain.pth").
const CatalogueEntry* findByFileName(std::string_view fileName);

/// What ships with the program: models/ of its source tree, or $DINOSCOPE_MODELS.
std::filesystem::path modelsFolder();

/// Where fetched weights lie: dinoscope/weights below $XDG_CACHE_HOME, or below ~/.cache.
std::filesystem::path weightsFolder();
/// The file of an entry, there or not: in that folder, or of the one that ships in modelsFolder().
std::filesystem::path cachedFile(const CatalogueEntry& entry);

/// What to fetch, from where and whereto: the sentence for an entry whose file is not there.
std::string whereToFetch(const CatalogueEntry& entry);

}  // namespace dinoscope
