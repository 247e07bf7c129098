#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/gallery.h"
#include "engine/neighbours/device_rows.h"
#include "engine/neighbours/search/approximate_index.h"
#include "engine/neighbours/search/feature_rows.h"
#include "engine/neighbours/store/gallery_reader.h"
#include "engine/neighbours/store/whitening.h"

// Not for app or ui: what a Gallery is made of.
namespace dinoscope::api {

class Gallery::Impl {
public:
    /// `graph` is one of the reader's matrix, or null.
    Impl(GalleryReader reader, GalleryInfo about, std::unique_ptr<ApproximateIndex> graph);

    FeatureRows rows() const;
    RowFilter filter(std::int64_t skippedItem = -1) const;
    std::vector<float> feature(std::int64_t item) const;
    /// A bf16 copy to scan, where it pays: from the second search on, of a large fp32 gallery.
    const ReducedRows* reduced() const;
    /// A copy in the memory of a card, kept for the next search. Null for "cpu", and where the card has no
    /// room for it. Polls while it copies.
    const DeviceRows* onDevice(const std::string& device, JobControl& control) const;
    std::vector<std::byte> thumbnail(std::int64_t item) const;
    /// Null where there is none.
    const ApproximateIndex* approximate() const { return approximate_.get(); }

    const GalleryReader reader;
    const GalleryInfo info;
    const std::optional<Whitening> whitening;  ///< where the features are whitened

private:
    const std::unique_ptr<ApproximateIndex> approximate_;
    mutable std::mutex mutex_;
    mutable std::unique_ptr<ThumbnailTable> thumbnails_;
    mutable bool searched_ = false;
    mutable std::unique_ptr<ReducedRows> reduced_;
    mutable std::mutex deviceMutex_;
    mutable std::map<std::string, std::unique_ptr<DeviceRows>> onDevice_;  ///< null: it has no room
};

/// What is searched of a matrix, which must outlive it.
FeatureRows rowsOf(const FeatureMatrix& matrix);

/// How a model was named, for gallery.json, and back.
std::map<std::string, std::string> toMap(const ModelSource& source);
ModelSource toModelSource(const std::map<std::string, std::string>& options);

/// "run/checkpoint.pth (vit_small/16)"
std::string nameOf(const Model& model);

}  // namespace dinoscope::api
