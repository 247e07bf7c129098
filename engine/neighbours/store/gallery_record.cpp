#include "engine/neighbours/store/gallery_record.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/base/atomic_file.h"
#include "engine/base/mapped_file.h"
#include "engine/neighbours/store/checksum.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr std::size_t kMaxBytes = 1 << 20;
constexpr const char* kRemedy = "remove the gallery's folder and index the images again";

std::string checkOf(const ordered_json& document) {
    ordered_json rest = document;
    rest.erase("check");
    const std::string text = rest.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    return std::to_string(checksum(std::as_bytes(std::span(text))));
}

GalleryRecord fromJson(const ordered_json& document) {
    GalleryRecord record;
    GalleryTerms& terms = record.terms;
    const ordered_json& stored = document.at("terms");
    terms.model = stored.at("model").get<std::string>();
    terms.fingerprint = stored.at("fingerprint").get<std::string>();
    terms.kind = parseFeatureKind(stored.at("features").get<std::string>());
    terms.layers = stored.at("layers").get<int>();
    terms.resize = stored.at("resize").get<int>();
    terms.crop = stored.at("crop").get<int>();
    terms.bf16 = stored.at("precision").get<std::string>() == "bf16";
    terms.dim = stored.at("dim").get<int>();
    terms.storage = parseStorageType(stored.at("storage").get<std::string>());
    terms.whitened = stored.at("whitened").get<bool>();
    record.source = document.at("source").get<std::string>();
    record.inputDim = document.at("input_dim").get<int>();
    record.modelOptions = document.at("model").get<std::map<std::string, std::string>>();
    return record;
}

bool isSane(const GalleryRecord& record) {
    const GalleryTerms& terms = record.terms;
    const auto within = [](int value, int least, int most) { return value >= least && value <= most; };
    return within(terms.dim, 1, 1 << 16) && within(record.inputDim, 0, 1 << 16) &&
           within(terms.layers, 1, 1024) && within(terms.resize, 1, 1 << 16) &&
           within(terms.crop, 0, 1 << 16) && terms.fingerprint.size() == 32;
}

std::string sizesOf(const GalleryTerms& terms) {
    return "--resize " + std::to_string(terms.resize) + " --crop " + std::to_string(terms.crop);
}

std::string whiteningOf(const GalleryTerms& terms) {
    return "--whiten " + std::to_string(terms.whitened ? terms.dim : 0);
}

std::string featuresOf(const GalleryTerms& terms) {
    const bool layered = terms.kind == FeatureKind::Concat;
    return "--features " + name(terms.kind) + (layered ? " --layers " + std::to_string(terms.layers) : "");
}

}  // namespace

fs::path recordFile(const fs::path& folder) {
    return folder / "gallery.json";
}

std::string formatGalleryRecord(const GalleryRecord& record) {
    const GalleryTerms& terms = record.terms;
    ordered_json document{{"format", kFormat},
                          {"source", record.source.string()},
                          {"terms",
                           {{"model", terms.model},
                            {"fingerprint", terms.fingerprint},
                            {"features", name(terms.kind)},
                            {"layers", terms.layers},
                            {"resize", terms.resize},
                            {"crop", terms.crop},
                            {"precision", terms.bf16 ? "bf16" : "fp32"},
                            {"dim", terms.dim},
                            {"storage", name(terms.storage)},
                            {"whitened", terms.whitened}}},
                          {"input_dim", record.inputDim},
                          {"model", record.modelOptions}};
    document["check"] = checkOf(document);
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

GalleryRecord parseGalleryRecord(const std::string& text, const std::string& where) {
    const DamagedRecord damaged("the record of this gallery is damaged", where, kRemedy);
    const ordered_json document = ordered_json::parse(text, nullptr, false);
    if (!document.is_object()) throw damaged;
    if (const auto format = document.find("format");
        format != document.end() && format->is_number_integer() && *format > kFormat) {
        throw Error("the gallery is of a newer version of Dinoscope", where, "use that version");
    }
    try {
        if (document.at("check").get<std::string>() != checkOf(document)) throw damaged;
        const GalleryRecord record = fromJson(document);
        if (!isSane(record)) throw damaged;
        return record;
    } catch (const nlohmann::json::exception&) {
        throw damaged;
    }
}

GalleryRecord readRecordFile(const fs::path& folder) {
    const fs::path file = recordFile(folder);
    const MappedFile mapped(file);
    const auto bytes = mapped.bytes();
    if (bytes.size() > kMaxBytes) {
        throw DamagedRecord("the record of this gallery is damaged", file.string(), kRemedy);
    }
    return parseGalleryRecord(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
                              file.string());
}

void writeGalleryRecord(const fs::path& folder, const GalleryRecord& record) {
    writeFileAtomically(recordFile(folder), formatGalleryRecord(record));
}

void requireSameModel(const GalleryTerms& gallery, const std::string& model, const std::string& fingerprint,
                      const fs::path& folder) {
    if (gallery.fingerprint == fingerprint) return;
    throw Error("the gallery holds features of " + gallery.model +
                    ", which cannot be compared with those of " + model,
                folder.string(), "give the gallery's model with -w, or index into another gallery");
}

void requireSameTerms(const GalleryTerms& gallery, const GalleryTerms& wanted, const fs::path& folder) {
    requireSameModel(gallery, wanted.model, wanted.fingerprint, folder);
    const auto require = [&](const std::string& there, const std::string& here) {
        if (there == here) return;
        throw Error("the gallery was made with " + there + ", not with " + here, folder.string(),
                    "give the gallery's own options, or index into another gallery");
    };
    const auto precision = [](const GalleryTerms& terms) {
        return std::string("--precision ") + (terms.bf16 ? "bf16" : "fp32");
    };
    require(featuresOf(gallery), featuresOf(wanted));
    require(sizesOf(gallery), sizesOf(wanted));
    require(precision(gallery), precision(wanted));
    require("--storage " + name(gallery.storage), "--storage " + name(wanted.storage));
    require(whiteningOf(gallery), whiteningOf(wanted));
    // Of one network and kind there is no other number; rows of another length must not be mixed all the
    // same.
    const auto dimensions = [](const GalleryTerms& terms) {
        return "features of " + std::to_string(terms.dim) + " numbers";
    };
    require(dimensions(gallery), dimensions(wanted));
}

}  // namespace dinoscope
