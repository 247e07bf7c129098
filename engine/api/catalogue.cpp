#include "engine/api/catalogue.h"

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/weights/catalogue.h"
#include "engine/weights/fetch_entry.h"

namespace dinoscope::api {

namespace fs = std::filesystem;

std::vector<CatalogueItem> listCatalogue() {
    std::vector<CatalogueItem> items;
    for (const CatalogueEntry& entry : catalogue()) {
        const fs::path file = cachedFile(entry);
        std::error_code failed;
        items.push_back({entry.name, entry.family, entry.architecture, entry.address, entry.page,
                         entry.sha256, entry.licence, entry.knn, entry.linear, file,
                         fs::is_regular_file(file, failed)});
    }
    return items;
}

std::string toJson(const std::vector<CatalogueItem>& items) {
    using nlohmann::ordered_json;
    const auto text = [](const std::string& value) {
        return value.empty() ? ordered_json(nullptr) : ordered_json(value);
    };
    const auto number = [](const std::optional<double>& value) {
        return value ? ordered_json(*value) : ordered_json(nullptr);
    };
    ordered_json list = ordered_json::array();
    for (const CatalogueItem& item : items) {
        const bool whole = item.sha256.size() == 64;
        list.push_back({{"name", item.name},
                        {"family", item.family},
                        {"architecture", item.architecture},
                        {"address", text(item.address)},
                        {"page", text(item.page)},
                        {"sha256", text(whole ? item.sha256 : std::string())},
                        {"sha256_begins", text(whole ? std::string() : item.sha256)},
                        {"licence", text(item.licence)},
                        {"knn", number(item.knn)},
                        {"linear", number(item.linear)},
                        {"file", item.file.string()},
                        {"fetched", item.fetched}});
    }
    return ordered_json{{"catalogue", list}}.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

fs::path fetchWeights(const std::string& name, const std::string& address, JobControl& control) {
    const CatalogueEntry* entry = findInCatalogue(name);
    if (!entry) throw UsageError("the catalogue has no '" + name + "'", {}, "see dino info --list");
    if (!entry->shipped.empty() && !address.empty()) {
        throw UsageError(name + " ships with the program and is not downloaded", "--address", "leave it out");
    }
    const fs::path file = cachedFile(*entry);
    std::error_code failed;
    if (fs::is_regular_file(file, failed)) return file;
    const std::string& from = address.empty() ? entry->address : address;
    if (from.empty()) {
        throw Error("it has no address to download from, only a page of its owners", name,
                    whereToFetch(*entry));
    }
    return fetchEntry(*entry, from, control);
}

}  // namespace dinoscope::api
