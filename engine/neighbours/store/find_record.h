#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "engine/neighbours/store/gallery_record.h"

namespace dinoscope {

/// A gallery's record, and what is wrong with gallery.json: empty where it came from there, "… is damaged" or
/// "… is missing" where it is that of the database's copy.
struct FoundRecord {
    GalleryRecord record;
    std::string damage;
};

/// gallery.json, or the copy in the database where that file is missing or damaged. Nothing where neither is
/// there. Throws Error for a newer format, DamagedRecord where the file is damaged and there is no copy.
std::optional<FoundRecord> findGalleryRecord(const std::filesystem::path& folder);

/// The same; what is no gallery is an Error too. The log tells of a copy that had to serve.
GalleryRecord readGalleryRecord(const std::filesystem::path& folder);

}  // namespace dinoscope
