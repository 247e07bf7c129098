#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/api/gallery.h"
#include "engine/api/indexer.h"
#include "engine/base/printable.h"
#include "engine/base/utf8.h"
#include "engine/neighbours/store/find_record.h"
#include "engine/neighbours/store/gallery_lock.h"
#include "engine/neighbours/store/image_table.h"
#include "engine/neighbours/store/missing_images.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

/// Options for the gallery that is there: what was not given is as it was made with.
OptionValues withRecord(const OptionValues& given, const GalleryRecord& record) {
    OptionValues options = given;
    const GalleryTerms& terms = record.terms;
    const auto fallBack = [&](const char* key, const std::string& value) {
        if (!given.isSet(key) && !value.empty()) options.set(key, std::string_view(value));
    };
    fallBack("features", name(terms.kind));
    if (terms.kind == FeatureKind::Concat) fallBack("layers", std::to_string(terms.layers));
    fallBack("storage", name(terms.storage));
    fallBack("whiten", std::to_string(terms.whitened ? terms.dim : 0));
    fallBack("resize", std::to_string(terms.resize));
    fallBack("crop", std::to_string(terms.crop));
    fallBack("precision", terms.bf16 ? "bf16" : "fp32");
    if (given.isSet("weights")) return options;
    for (const auto& [key, value] : record.modelOptions)
        fallBack(key.c_str(), value);
    return options;
}

void requireSource(const fs::path& source, const OptionValues& options) {
    std::error_code code;
    if (fs::is_directory(source, code)) return;
    const bool isMoved = isGallery(options.text("gallery")) &&
                         readGalleryRecord(options.text("gallery")).source == wholePath(source);
    if (!isMoved) throw Error("there is no such folder", source.string(), "name a folder with images");
    throw Error("the folder of this gallery's images is not there any more", source.string(),
                "if it was moved, name its new place and give --relocate");
}

/// A lock alone is what is left of a gallery that was stopped at its very start.
bool holdsSomethingElse(const fs::path& folder) {
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        if (entry->path().filename() != "lock") return true;
    }
    return false;
}

/// JSON, which a gallery's record is, holds no other names.
void requireUtf8(const fs::path& source) {
    const std::string name = source.string();
    if (isUtf8(name)) return;
    throw Error("the name of this folder is not UTF-8, and a gallery cannot keep it", printable(name),
                "rename it, or index it through a link: ln -s");
}

/// That a folder is the one that the images were in.
void requireMostOf(const std::vector<StoredImage>& images, const fs::path& former, const fs::path& folder,
                   JobControl& control) {
    std::size_t there = 0;
    for (const StoredImage& image : images) {
        control.poll();
        std::error_code code;
        if (fs::exists(folder / image.name, code)) ++there;
    }
    if (images.empty() || 2 * there > images.size()) return;
    throw Error("of the gallery's " + std::to_string(images.size()) + " images only " +
                    std::to_string(there) + " are here",
                folder.string(), "name the folder that " + former.string() + " was moved to");
}

IndexReport bringUpToDate(const fs::path& source, const OptionValues& options, bool withGraph,
                          JobControl& control) {
    const fs::path folder = options.text("gallery");
    if (folder.empty()) throw UsageError("no gallery is named", "--gallery", "give its folder with -g");
    requireSource(source, options);
    requireUtf8(wholePath(source));
    if (!findGalleryRecord(folder)) {
        if (holdsSomethingElse(folder)) {
            throw Error("this folder holds something else than a gallery", folder.string(),
                        "name another one with -g, or an empty one");
        }
        return bringInLine(source, options, withGraph, control);
    }
    if (options.flag("relocate")) relocateGallery(folder, source, control);
    const OptionValues whole = withRecord(options, readGalleryRecord(folder));
    return bringInLine(source, whole, withGraph, control);
}

}  // namespace

IndexReport index(const fs::path& source, const OptionValues& options, JobControl& control) {
    return bringUpToDate(source, options, true, control);
}

IndexReport indexFeatures(const fs::path& source, const OptionValues& options, JobControl& control) {
    return bringUpToDate(source, options, false, control);
}

void buildApproximateIndex(const fs::path& gallery, JobControl& control) {
    readGalleryRecord(gallery);  // what is no gallery is told so
    const GalleryLock lock(gallery);
    buildGraph(gallery, ImageTable(gallery, Database::Mode::Read).generation(), control);
}

void relocateGallery(const fs::path& gallery, const fs::path& source, JobControl& control) {
    GalleryRecord record = readGalleryRecord(gallery);
    const fs::path whole = wholePath(source);
    if (record.source == whole) return;
    const GalleryLock lock(gallery);
    try {
        ImageTable table(gallery, Database::Mode::Write);
        requireMostOf(table.read().images, record.source, whole, control);
        record.source = whole;
        table.keepRecord(formatGalleryRecord(record));
    } catch (const DamagedDatabase&) {
        // Indexing makes it anew, by the features that are whole; what images it had, nobody knows.
        record.source = whole;
    }
    writeGalleryRecord(gallery, record);
}

std::int64_t countMissing(const fs::path& gallery, JobControl& control) {
    const GalleryRecord record = readGalleryRecord(gallery);
    ImageTable::Snapshot known = ImageTable(gallery, Database::Mode::Read).read();
    std::vector<StoredImage> all = std::move(known.images);
    std::move(known.vanished.begin(), known.vanished.end(), std::back_inserter(all));
    return static_cast<std::int64_t>(missingImages(record.source, all, control).size());
}

std::string toJson(const IndexReport& report) {
    using nlohmann::ordered_json;
    ordered_json skipped = ordered_json::array();
    for (const SkippedImage& image : report.skipped)
        skipped.push_back({{"file", image.file.string()}, {"reason", image.reason}});
    const ordered_json document{{"gallery", report.gallery.string()},
                                {"items", report.items},
                                {"added", report.added},
                                {"updated", report.updated},
                                {"removed", report.removed},
                                {"unchanged", report.unchanged},
                                {"recovered", report.recovered},
                                {"forgotten", report.forgotten},
                                {"skipped", skipped},
                                {"seconds", report.seconds},
                                {"images_per_second", report.imagesPerSecond},
                                {"device", report.placement.device},
                                {"precision", name(report.placement.precision)}};
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace dinoscope::api
