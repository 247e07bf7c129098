#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "engine/base/error.h"
#include "engine/neighbours/store/gallery_record.h"

namespace dinoscope {

/// A whitening that is lost: features made with it can neither be added to nor asked for.
class DamagedWhitening : public Error {
public:
    using Error::Error;
};

/// x -> P (x - mean), scaled to unit length: features whose every direction counts alike (Jégou and Chum
/// 2012, section 3). whitening.bin of a gallery.
struct Whitening {
    std::int64_t inputDim = 0;
    std::int64_t outputDim = 0;
    std::vector<float> mean;        ///< [inputDim]
    std::vector<float> projection;  ///< [outputDim, inputDim]

    std::vector<float> apply(std::span<const float> feature) const;

    bool operator==(const Whitening&) const = default;
};

std::filesystem::path whiteningFile(const std::filesystem::path& folder);
void writeWhitening(const std::filesystem::path& folder, const Whitening& whitening);
/// Throws DamagedWhitening for a file that is missing or damaged, Error for one that cannot be read.
Whitening readWhitening(const std::filesystem::path& folder);
/// The same for a gallery of this record: a whitening of other dimensions is none.
Whitening readWhitening(const std::filesystem::path& folder, const GalleryRecord& record);
Whitening parseWhitening(std::span<const std::byte> bytes, const std::string& where);

}  // namespace dinoscope
