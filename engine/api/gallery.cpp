#include "engine/api/gallery.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "engine/api/gallery_impl.h"
#include "engine/api/model_impl.h"
#include "engine/api/weights_name.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/data/folder_scan.h"
#include "engine/image/decode.h"
#include "engine/neighbours/image_input.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

/// From here on a second search is worth half as much memory again.
constexpr std::int64_t kWorthReducing = 256 << 20;

GalleryInfo describe(const fs::path& folder, const GalleryRecord& record) {
    GalleryInfo info;
    info.folder = folder;
    info.source = record.source;
    info.terms = record.terms;
    info.model = toModelSource(record.modelOptions);
    std::error_code code;
    info.sourceMissing = !fs::is_directory(info.source, code);
    return info;
}

GalleryInfo describe(const GalleryReader& reader) {
    GalleryInfo info = describe(reader.folder(), reader.record());
    info.items = static_cast<std::int64_t>(reader.images().size());
    info.damaged = reader.damaged();
    std::set<std::string> labels;
    for (const StoredImage& image : reader.images()) {
        if (!image.label.empty()) labels.insert(image.label);
    }
    info.labels.assign(labels.begin(), labels.end());
    std::sort(info.labels.begin(), info.labels.end(), naturalLess);
    return info;
}

}  // namespace

FeatureRows rowsOf(const FeatureMatrix& matrix) {
    return {matrix.data(), matrix.rows(), matrix.header().dim, matrix.stride(), matrix.header().type};
}

bool isGallery(const fs::path& folder) {
    std::error_code code;
    return fs::is_regular_file(recordFile(folder), code);
}

GalleryInfo recordedInfo(const fs::path& folder) {
    return describe(folder, readGalleryRecord(folder));
}

std::map<std::string, std::string> toMap(const ModelSource& source) {
    return {{"weights", source.weights},
            {"checkpoint-key", source.checkpointKey},
            {"arch", source.arch},
            {"patch-size", std::to_string(source.patchSize)},
            {"heads-per-layer", std::to_string(source.headsPerLayer)},
            {"seed", std::to_string(source.seed)}};
}

ModelSource toModelSource(const std::map<std::string, std::string>& options) {
    const auto text = [&](const char* key) {
        const auto found = options.find(key);
        return found == options.end() ? std::string() : found->second;
    };
    ModelSource source;
    source.weights = text("weights");
    source.checkpointKey = text("checkpoint-key");
    source.arch = text("arch");
    source.patchSize = std::atoi(text("patch-size").c_str());
    source.headsPerLayer = std::atoi(text("heads-per-layer").c_str());
    source.seed = std::strtoull(text("seed").c_str(), nullptr, 10);
    return source;
}

std::string nameOf(const Model& model) {
    const ModelInfo& info = model.info();
    std::string network = info.architecture;
    if (!info.convolutional) network += "/" + std::to_string(info.patchSize);
    const std::string& weights = model.source().weights;
    return (isNamed(weights) ? weights : info.file) + " (" + network + ")";
}

Gallery::Impl::Impl(GalleryReader opened, GalleryInfo about, std::unique_ptr<ApproximateIndex> graph)
    : reader(std::move(opened)),
      info(std::move(about)),
      whitening(reader.matrix().header().whitened
                    ? std::optional(readWhitening(reader.folder(), reader.record()))
                    : std::nullopt),
      approximate_(std::move(graph)) {}

FeatureRows Gallery::Impl::rows() const {
    return rowsOf(reader.matrix());
}

RowFilter Gallery::Impl::filter(std::int64_t skippedItem) const {
    const std::int64_t row = skippedItem < 0 ? -1 : reader.images()[std::size_t(skippedItem)].row;
    return {reader.imageOfRow().data(), row};
}

std::vector<float> Gallery::Impl::feature(std::int64_t item) const {
    const FeatureMatrix& matrix = reader.matrix();
    std::vector<float> values(static_cast<std::size_t>(matrix.header().dim));
    decodeRow(matrix.row(reader.images().at(std::size_t(item)).row), matrix.header().type, values);
    return values;
}

const ReducedRows* Gallery::Impl::reduced() const {
    const FeatureRows whole = rows();
    const std::int64_t bytes = whole.count * whole.stride;
    if (whole.type != StorageType::Fp32 || bytes < kWorthReducing) return nullptr;
    const std::lock_guard lock(mutex_);
    if (searched_ && !reduced_ && availableMemory() > 2 * bytes) {
        reduced_ = std::make_unique<ReducedRows>(whole);
    }
    searched_ = true;
    return reduced_.get();
}

const DeviceRows* Gallery::Impl::onDevice(const std::string& device, JobControl& control) const {
    if (device == "cpu") return nullptr;
    const std::lock_guard lock(deviceMutex_);
    const auto known = onDevice_.find(device);
    if (known != onDevice_.end()) return known->second.get();
    std::unique_ptr<DeviceRows> copy;
    try {
        copy = std::make_unique<DeviceRows>(rows(), c10::Device(device), control);
    } catch (const c10::OutOfMemoryError&) {
        log::info("the gallery's features do not fit on " + device + "; it is searched on the processor");
    }
    return onDevice_.emplace(device, std::move(copy)).first->second.get();
}

std::vector<std::byte> Gallery::Impl::thumbnail(std::int64_t item) const {
    const StoredImage& image = reader.images().at(std::size_t(item));
    try {
        const std::lock_guard lock(mutex_);
        if (!thumbnails_) {
            thumbnails_ = std::make_unique<ThumbnailTable>(reader.folder(), Database::Mode::Read);
        }
        std::vector<std::byte> jpeg = thumbnails_->find(image.content);
        if (!jpeg.empty()) return jpeg;
    } catch (const Error& error) {
        log::warn(error.what());
    }
    try {
        return makeThumbnail(decodeImage(reader.record().source / image.name));
    } catch (const Error&) {
        return {};  // what vanished has none
    }
}

Gallery::Gallery(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gallery::~Gallery() = default;

std::shared_ptr<const Gallery> Gallery::open(const fs::path& folder, JobControl& control) {
    try {
        GalleryReader reader = GalleryReader::open(folder, control);
        GalleryInfo info = describe(reader);
        // The rows are mapped, and stay where they are when the reader moves. A graph that is refused is
        // none.
        auto graph = ApproximateIndex::load(rowsOf(reader.matrix()), folder, reader.generation());
        info.approximate = graph != nullptr;
        return std::shared_ptr<const Gallery>(
            new Gallery(std::make_unique<Impl>(std::move(reader), std::move(info), std::move(graph))));
    } catch (const DamagedDatabase& damage) {
        throw DamagedGallery(damage);
    } catch (const DamagedMatrix& damage) {
        throw DamagedGallery(damage);
    } catch (const DamagedWhitening& damage) {
        throw DamagedGallery(damage);
    }
}

const GalleryInfo& Gallery::info() const {
    return impl_->info;
}

std::int64_t Gallery::size() const {
    return impl_->info.items;
}

GalleryItem Gallery::item(std::int64_t index) const {
    const StoredImage& image = impl_->reader.images().at(std::size_t(index));
    return {image.name, image.label, image.bytes};
}

fs::path Gallery::path(std::int64_t index) const {
    return impl_->info.source / impl_->reader.images().at(std::size_t(index)).name;
}

std::optional<std::int64_t> Gallery::find(const fs::path& file) const {
    std::error_code code;
    const auto named = [this](const fs::path& whole) {
        return impl_->reader.find(whole.lexically_relative(impl_->info.source).generic_string());
    };
    // Names go through links as the folder's scan did, which the file's own place does not.
    const fs::path source = fs::absolute(file, code).lexically_normal();
    if (const auto found = named(source); !code && found) return found;
    for (fs::path folder = source.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
        if (fs::weakly_canonical(folder, code) != impl_->info.source || code) continue;
        if (const auto found = named(impl_->info.source / source.lexically_relative(folder))) return found;
    }
    const fs::path whole = fs::weakly_canonical(file, code);
    return code ? std::nullopt : named(whole);
}

std::vector<std::byte> Gallery::thumbnail(std::int64_t index) const {
    return impl_->thumbnail(index);
}

void Gallery::requireModel(const Model& model) const {
    requireSameModel(impl_->info.terms, nameOf(model), model.impl().fingerprint, impl_->info.folder);
}

}  // namespace dinoscope::api
