#pragma once

#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>

#include "engine/base/error.h"
#include "engine/neighbours/store/gallery_record.h"
#include "engine/neighbours/store/whitening.h"

namespace dinoscope::fuzz {

/// A gallery's record or whitening: one that is read back as itself, or an Error.
inline void gallery(std::span<const std::byte> bytes) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    try {
        const GalleryRecord record = parseGalleryRecord(text, "input");
        if (parseGalleryRecord(formatGalleryRecord(record), "input").terms.dim != record.terms.dim)
            std::abort();
    } catch (const Error& error) {
        if (error.problem().empty()) std::abort();
    }
    try {
        const Whitening whitening = parseWhitening(bytes, "input");
        const std::vector<float> feature(static_cast<std::size_t>(whitening.inputDim));
        if (whitening.apply(feature).size() != static_cast<std::size_t>(whitening.outputDim)) std::abort();
    } catch (const Error& error) {
        if (error.where() != "input") std::abort();
    }
}

}  // namespace dinoscope::fuzz
