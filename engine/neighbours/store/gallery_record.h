#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "engine/base/error.h"
#include "engine/neighbours/store/gallery_terms.h"

namespace dinoscope {

/// A record that is none any more: its copy has to serve.
class DamagedRecord : public Error {
public:
    using Error::Error;
};

/// gallery.json: what a gallery is. Written when it is made, and when its folder of images moves. The
/// database has a copy (see find_record.h).
struct GalleryRecord {
    GalleryTerms terms;
    std::filesystem::path source;                     ///< of the images, absolute
    std::map<std::string, std::string> modelOptions;  ///< how the model was named: "weights", "arch", …
    int inputDim = 0;                                 ///< of a feature before whitening; 0: as terms.dim

    bool operator==(const GalleryRecord&) const = default;
};

std::filesystem::path recordFile(const std::filesystem::path& folder);

/// gallery.json alone. Throws DamagedRecord for a damaged file, Error for a newer format and for a file that
/// cannot be read.
GalleryRecord readRecordFile(const std::filesystem::path& folder);
void writeGalleryRecord(const std::filesystem::path& folder, const GalleryRecord& record);

/// The two that those are made of; `where` is what Errors name.
GalleryRecord parseGalleryRecord(const std::string& text, const std::string& where);
std::string formatGalleryRecord(const GalleryRecord& record);

/// Throws Error that names both models, or what else differs, where features of the two cannot be compared.
/// `storage` and `whitened` may differ for a query, whose terms have none.
void requireSameModel(const GalleryTerms& gallery, const std::string& model, const std::string& fingerprint,
                      const std::filesystem::path& folder);
void requireSameTerms(const GalleryTerms& gallery, const GalleryTerms& wanted,
                      const std::filesystem::path& folder);

}  // namespace dinoscope
