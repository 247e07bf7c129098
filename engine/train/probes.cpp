#include "engine/train/probes.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "engine/base/atomic_file.h"
#include "engine/base/hash.h"
#include "engine/base/printable.h"
#include "engine/explore/preprocess.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/image/resample.h"
#include "engine/nn/inference_vit.h"
#include "engine/weights/safetensors_file.h"

namespace dinoscope {

namespace fs = std::filesystem;

namespace {

constexpr int kQuality = 90;
constexpr std::size_t kLongestName = 4096;

std::string fileName(std::int64_t epochs, std::size_t number) {
    char name[64];
    std::snprintf(name, sizeof(name), "epoch%04lld-probe%zu.safetensors", static_cast<long long>(epochs),
                  number);
    return name;
}

/// Of the pixels, so that another picture under the same name does not take its place.
std::string pictureName(const Image& image) {
    std::uint64_t hash = mix(std::uint64_t(image.width), std::uint64_t(image.height));
    for (std::size_t at = 0; at + sizeof hash <= image.pixels.size(); at += sizeof hash) {
        std::uint64_t word = 0;
        std::memcpy(&word, image.pixels.data() + at, sizeof word);
        hash = mix(hash ^ word);
    }
    char name[32];
    std::snprintf(name, sizeof(name), "%s%016" PRIx64 ".jpg", Probes::kPicturePrefix, hash);
    return name;
}

Image fitted(const Image& image, int side) {
    const int longer = std::max(image.width, image.height);
    if (longer <= side) return image;
    const auto scaled = [&](int length) {
        return std::max(1, static_cast<int>(std::int64_t{length} * side / longer));
    };
    return resize(image, scaled(image.width), scaled(image.height), Filter::Lanczos);
}

/// softmax(q k / sqrt(d)) of [CLS] over all tokens, without its own: [heads, patches]
at::Tensor classRow(const QueriesAndKeys& field) {
    const at::Tensor query = field.queries.narrow(1, 0, 1) / std::sqrt(double(field.queries.size(2)));
    return at::softmax(query.matmul(field.keys.transpose(1, 2)), -1)
        .select(1, 0)
        .narrow(1, 1, field.keys.size(1) - 1);
}

/// [layers, heads, rows, columns] float32: of all layers, or of the last.
at::Tensor classRows(const InferenceVit& network, const at::Tensor& input, const InputGeometry& geometry,
                     bool allLayers, JobControl& control) {
    std::vector<at::Tensor> rows;
    if (allLayers) {
        for (const QueriesAndKeys& field : network.allQueriesAndKeys(input, control))
            rows.push_back(classRow(field));
    } else {
        rows.push_back(classRow(network.queriesAndKeys(input, network.config().depth - 1, control)));
    }
    return at::stack(rows).reshape(
        {static_cast<std::int64_t>(rows.size()), network.config().heads, geometry.rows, geometry.columns});
}

SafetensorsItem itemOf(const std::string& name, const at::Tensor& tensor) {
    const ElementType type = tensor.scalar_type() == at::kHalf   ? ElementType::F16
                             : tensor.scalar_type() == at::kLong ? ElementType::I64
                                                                 : ElementType::F32;
    return {name, type, tensor.sizes().vec(),
            std::span(static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes())};
}

}  // namespace

Probes::Probes(const std::vector<std::string>& files, const ProbeOptions& options, fs::path folder)
    : options_(options), folder_(std::move(folder)) {
    for (const std::string& file : files) {
        Image pixels = decodeImage(file);
        std::string picture = pictureName(pixels);
        images_.push_back({file, std::move(pixels), std::move(picture)});
    }
}

std::vector<const Image*> Probes::images() const {
    std::vector<const Image*> found;
    for (const Pinned& pinned : images_)
        found.push_back(&pinned.pixels);
    return found;
}

void Probes::keepPicture(const Pinned& pinned) const {
    const fs::path file = folder_ / "pictures" / pinned.picture;
    std::error_code code;
    if (fs::exists(file, code)) return;
    makeFolder(file.parent_path());
    writeJpeg(file, fitted(pinned.pixels, kPictureSide), kQuality);
}

void Probes::keepNeighbour(std::int64_t number, const fs::path& source) const {
    const fs::path file = folder_ / "pictures" / (std::to_string(number) + ".jpg");
    std::error_code code;
    if (fs::exists(file, code)) return;
    try {
        const Image picture = fitted(decodeImage(source), kNeighbourSide);
        makeFolder(file.parent_path());
        writeJpeg(file, picture, kQuality);
    } catch (const Error&) {
        // Its name is kept: whoever shows it looks for the image itself.
    }
}

std::vector<ProbeMetrics> Probes::record(const Networks& networks,
                                         const std::vector<ProbeNeighbours>& neighbours, std::int64_t epochs,
                                         std::int64_t step, JobControl& control) const {
    const at::NoGradGuard guard;
    const VitConfig& config = networks.config;
    const InferenceVit teacher(config, networks.teacher, at::kCPU, at::kFloat);
    std::optional<InferenceVit> student;
    if (!networks.student.empty()) student.emplace(config, networks.student, at::kCPU, at::kFloat);
    std::vector<ProbeMetrics> records;
    for (std::size_t i = 0; i < images_.size(); ++i) {
        const Pinned& pinned = images_[i];
        const InputGeometry geometry = planInput(pinned.pixels.width, pinned.pixels.height,
                                                 InputSize::shorterSide(options_.side), config.patchSize);
        JobControl part(control);
        const at::Tensor input = prepareInput(pinned.pixels, geometry);
        const at::Tensor rows = classRows(teacher, input, geometry, options_.allLayers, part);
        const at::Tensor last = rows[-1].contiguous();
        const at::Tensor ofTeacher = rows.to(at::kHalf).contiguous();
        std::vector<SafetensorsItem> items{itemOf("attention", last), itemOf("teacher", ofTeacher)};
        at::Tensor ofStudent, numbers, similarities;
        if (student) {
            ofStudent =
                classRows(*student, input, geometry, options_.allLayers, part).to(at::kHalf).contiguous();
            items.push_back(itemOf("student", ofStudent));
        }
        std::map<std::string, std::string> metadata{
            {"image", printable(pinned.name, kLongestName)},
            {"epochs", std::to_string(epochs)},
            {"query", "cls"},
            {"picture", "pictures/" + pinned.picture},
            {"covered-width", std::to_string(geometry.coveredWidth() / geometry.imageWidth)},
            {"covered-height", std::to_string(geometry.coveredHeight() / geometry.imageHeight)},
            {"first-layer", std::to_string(options_.allLayers ? 0 : config.depth - 1)}};
        if (i < neighbours.size()) {
            numbers = at::tensor(neighbours[i].images, at::kLong);
            similarities = at::tensor(neighbours[i].similarities, at::kFloat);
            items.push_back(itemOf("neighbours", numbers));
            items.push_back(itemOf("similarities", similarities));
            for (std::size_t k = 0; k < neighbours[i].names.size(); ++k)
                metadata["neighbour-" + std::to_string(k)] = printable(neighbours[i].names[k], kLongestName);
        }
        keepPicture(pinned);
        const std::string name = fileName(epochs, i);
        writeSafetensors(folder_ / name, items, metadata);
        records.push_back({step, epochs, pinned.name, "probes/" + name});
    }
    return records;
}

}  // namespace dinoscope
