#include "engine/train/probes.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>

#include "engine/explore/attention_map.h"
#include "engine/explore/preprocess.h"
#include "engine/image/decode.h"
#include "engine/nn/inference_vit.h"
#include "engine/weights/safetensors_file.h"

namespace dinoscope {

namespace {

std::string fileName(std::int64_t epochs, std::size_t number) {
    char name[64];
    std::snprintf(name, sizeof(name), "epoch%04lld-probe%zu.safetensors", static_cast<long long>(epochs),
                  number);
    return name;
}

/// softmax(q k / sqrt(d)) of [CLS] over all tokens, without its own: [heads, patches]
at::Tensor classRow(const QueriesAndKeys& field) {
    const at::Tensor query = field.queries.narrow(1, 0, 1) / std::sqrt(double(field.queries.size(2)));
    return at::softmax(query.matmul(field.keys.transpose(1, 2)), -1)
        .select(1, 0)
        .narrow(1, 1, field.keys.size(1) - 1);
}

}  // namespace

Probes::Probes(const std::vector<std::string>& files, int side, std::filesystem::path folder)
    : side_(side), folder_(std::move(folder)) {
    for (const std::string& file : files)
        images_.push_back({file, decodeImage(file)});
}

std::vector<ProbeMetrics> Probes::record(const VitConfig& config, const StateDict& weights,
                                         std::int64_t epochs, std::int64_t step, JobControl& control) const {
    const at::NoGradGuard guard;
    const InferenceVit network(config, weights, at::kCPU, at::kFloat);
    std::vector<ProbeMetrics> records;
    for (std::size_t i = 0; i < images_.size(); ++i) {
        const Pinned& pinned = images_[i];
        const InputGeometry geometry = planInput(pinned.pixels.width, pinned.pixels.height,
                                                 InputSize::shorterSide(side_), config.patchSize);
        JobControl part(control);
        const at::Tensor input = prepareInput(pinned.pixels, geometry);
        const at::Tensor rows = classRow(network.queriesAndKeys(input, config.depth - 1, part)).contiguous();
        const SafetensorsItem item{"attention",
                                   ElementType::F32,
                                   {rows.size(0), geometry.rows, geometry.columns},
                                   std::span(static_cast<const std::byte*>(rows.data_ptr()), rows.nbytes())};
        const std::string name = fileName(epochs, i);
        writeSafetensors(folder_ / name, std::span(&item, 1),
                         {{"image", pinned.name}, {"epochs", std::to_string(epochs)}, {"query", "cls"}});
        records.push_back({step, epochs, pinned.name, "probes/" + name});
    }
    return records;
}

}  // namespace dinoscope
