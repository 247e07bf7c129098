#include "engine/neighbours/store/find_record.h"

#include "engine/base/error.h"
#include "engine/base/log.h"
#include "engine/neighbours/store/image_table.h"
#include "engine/neighbours/store/missing.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

/// Nothing where the copy, too, is missing or damaged.
std::optional<GalleryRecord> copyInDatabase(const fs::path& folder) {
    const fs::path file = ImageTable::file(folder);
    if (isMissing(file)) return std::nullopt;
    try {
        const std::string text = ImageTable(folder, Database::Mode::Read).record();
        if (text.empty()) return std::nullopt;
        return parseGalleryRecord(text, file.string());
    } catch (const DamagedDatabase&) {
        return std::nullopt;
    } catch (const DamagedRecord&) {
        return std::nullopt;
    }
}

}  // namespace

std::optional<FoundRecord> findGalleryRecord(const fs::path& folder) {
    std::optional<DamagedRecord> damage;
    const fs::path file = recordFile(folder);
    const bool missing = isMissing(file);
    try {
        if (!missing) return FoundRecord{readRecordFile(folder), {}};
    } catch (const DamagedRecord& found) {
        damage.emplace(found);
    }
    if (auto copy = copyInDatabase(folder)) {
        return FoundRecord{std::move(*copy), file.string() + ": the record of this gallery is " +
                                                 (missing ? "missing" : "damaged")};
    }
    if (damage) throw DamagedRecord(*damage);
    return std::nullopt;
}

GalleryRecord readGalleryRecord(const fs::path& folder) {
    auto found = findGalleryRecord(folder);
    if (!found) {
        throw Error("this is no gallery", folder.string(), "make one with `dino index DIR -g GALLERY`");
    }
    if (!found->damage.empty()) log::warn(found->damage + "; its copy in the database is used");
    return std::move(found->record);
}

}  // namespace dinoscope
