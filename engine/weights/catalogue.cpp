#include "engine/weights/catalogue.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "engine/base/shipped_files.h"
#include "engine/weights/catalogue_text.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

std::string textOf(const nlohmann::json& entry, const char* key) {
    const auto found = entry.find(key);
    return found == entry.end() || found->is_null() ? std::string() : found->get<std::string>();
}

std::optional<double> numberOf(const nlohmann::json& entry, const char* key) {
    const auto found = entry.find(key);
    return found == entry.end() || found->is_null() ? std::nullopt : std::optional(found->get<double>());
}

std::vector<CatalogueEntry> parse() {
    std::vector<CatalogueEntry> entries;
    for (const nlohmann::json& entry : nlohmann::json::parse(catalogueText())) {
        CatalogueEntry found{textOf(entry, "name"),         textOf(entry, "family"),
                             textOf(entry, "architecture"), textOf(entry, "address"),
                             textOf(entry, "page"),         textOf(entry, "sha256"),
                             textOf(entry, "licence"),      textOf(entry, "shipped"),
                             numberOf(entry, "knn"),        numberOf(entry, "linear")};
        if (found.sha256.empty()) found.sha256 = textOf(entry, "sha256_begins");
        entries.push_back(std::move(found));
    }
    return entries;
}

template <typename Matches>
const CatalogueEntry* findIf(const Matches& matches) {
    const auto& all = catalogue();
    const auto found = std::find_if(all.begin(), all.end(), matches);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::string CatalogueEntry::fileName() const {
    return address.empty() ? name : address.substr(address.rfind('/') + 1);
}

const std::vector<CatalogueEntry>& catalogue() {
    static const std::vector<CatalogueEntry> all = parse();
    return all;
}

const CatalogueEntry* findInCatalogue(std::string_view name) {
    return findIf([&](const CatalogueEntry& entry) { return entry.name == name; });
}

const CatalogueEntry* findByFileName(std::string_view fileName) {
    return findIf([&](const CatalogueEntry& entry) { return entry.fileName() == fileName; });
}

fs::path modelsFolder() {
    const char* folder = std::getenv("DINOSCOPE_MODELS");
    return folder && *folder ? folder : shippedFolder("models");
}

fs::path weightsFolder() {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    if (cache && fs::path(cache).is_absolute()) return fs::path(cache) / "dinoscope" / "weights";
    const char* home = std::getenv("HOME");
    return fs::path(home && *home ? home : ".") / ".cache" / "dinoscope" / "weights";
}

fs::path cachedFile(const CatalogueEntry& entry) {
    return entry.shipped.empty() ? weightsFolder() / entry.fileName() : modelsFolder() / entry.shipped;
}

std::string whereToFetch(const CatalogueEntry& entry) {
    if (!entry.shipped.empty()) {
        return "restore " + cachedFile(entry).string() +
               " from the program's repository, or name its models folder in DINOSCOPE_MODELS";
    }
    const std::string sum = entry.sha256.empty()       ? ""
                            : entry.sha256.size() < 64 ? " (its SHA-256 begins with " + entry.sha256 + ")"
                                                       : " (SHA-256 " + entry.sha256 + ")";
    if (entry.address.empty()) {
        return "get it from " + entry.page + " and save it as " + cachedFile(entry).string();
    }
    return "run `dino fetch " + entry.name + "`, or save " + entry.address + sum + " as " +
           cachedFile(entry).string();
}

}  // namespace dinoscope
