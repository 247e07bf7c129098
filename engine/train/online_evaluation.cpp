#include "engine/train/online_evaluation.h"

#include <ATen/ATen.h>
#include <torch/nn/functional/normalization.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "engine/base/parallel.h"
#include "engine/image/decode.h"
#include "engine/nn/autocast.h"
#include "engine/train/run/metrics.h"

namespace dinoscope {

namespace {

constexpr std::size_t kSample = 1000;
constexpr std::int64_t kBatch = 32;
constexpr std::int64_t kNeighbours = 20;
constexpr double kVoteTemperature = 0.07;
constexpr std::uint64_t kSampleDraws = 0x6b6e6e;

/// Batch norms use what they have learnt, and learn nothing, while it lives.
class EvaluationMode {
public:
    explicit EvaluationMode(torch::nn::Module& module) : module_(module), before_(module.is_training()) {
        module_.eval();
    }
    ~EvaluationMode() { module_.train(before_); }
    EvaluationMode(const EvaluationMode&) = delete;
    EvaluationMode& operator=(const EvaluationMode&) = delete;

private:
    torch::nn::Module& module_;
    bool before_;
};

}  // namespace

double leaveOneOutKnn(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes) {
    const at::Tensor unit = torch::nn::functional::normalize(features.to(at::kFloat));
    at::Tensor similarity = unit.matmul(unit.t());
    similarity.fill_diagonal_(-INFINITY);
    const auto [nearest, rows] = similarity.topk(std::min(kNeighbours, features.size(0) - 1), 1);
    const at::Tensor votes = at::zeros({features.size(0), classes}, unit.options());
    votes.scatter_add_(1, labels.index({rows}), (nearest / kVoteTemperature).exp());
    return 100 * votes.argmax(1).eq(labels).to(at::kDouble).mean().item<double>();
}

double effectiveRank(const at::Tensor& features) {
    const at::Tensor values = at::linalg_svdvals(features.to(at::kCPU, at::kDouble));
    const at::Tensor shares = values / values.sum();
    return std::exp(at::special_entr(shares).sum().item<double>());
}

OnlineEvaluation::OnlineEvaluation(const ImageDataset& dataset, const EvaluationOptions& view,
                                   std::uint64_t seed)
    : dataset_(dataset), view_(view) {
    std::vector<std::pair<std::uint64_t, std::int64_t>> drawn;
    for (std::int64_t image = 0; image < dataset.size(); ++image)
        drawn.emplace_back(mix(kSampleDraws, seed, std::uint64_t(image)), image);
    const std::size_t count = std::min(kSample, drawn.size());
    std::partial_sort(drawn.begin(), drawn.begin() + std::ptrdiff_t(count), drawn.end());
    for (std::size_t i = 0; i < count; ++i)
        sample_.push_back(drawn[i].second);
    std::sort(sample_.begin(), sample_.end());
}

std::pair<at::Tensor, at::Tensor> SampleFeatures::nearest(const at::Tensor& queries, std::int64_t k) const {
    const at::NoGradGuard guard;
    const auto unit = [](const at::Tensor& rows) {
        return torch::nn::functional::normalize(rows.to(at::kFloat));
    };
    const at::Tensor similarity = unit(queries).matmul(unit(features).t());
    const auto [values, rows] = similarity.topk(std::min(k, features.size(0)), 1);
    return {values.to(at::kCPU), rows.to(at::kCPU)};
}

SampleFeatures OnlineEvaluation::look(BackboneNet& backbone, at::Device device, bool bf16,
                                      JobControl& control) const {
    const at::NoGradGuard guard;
    const EvaluationMode mode(backbone);
    SampleFeatures sample;
    std::vector<at::Tensor> features;
    const auto count = static_cast<std::int64_t>(sample_.size());
    for (std::int64_t first = 0; first < count; first += kBatch) {
        control.poll();
        const std::int64_t images = std::min(kBatch, count - first);
        const at::Tensor batch = at::empty({images, 3, view_.crop, view_.crop});
        std::vector<char> readable(static_cast<std::size_t>(images), 0);
        parallelFor(0, images, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t number = sample_[std::size_t(first + i)];
                if (dataset_.isGone(number)) continue;
                try {
                    const Image image = decodeImage(dataset_.path(number));
                    applyEvaluation(image, view_, batch.data_ptr<float>() + i * batch.stride(0));
                    readable[std::size_t(i)] = 1;
                } catch (const Error&) {
                    // The loader reports it when its turn comes.
                }
            }
        });
        std::vector<std::int64_t> kept;
        for (std::int64_t i = 0; i < images; ++i) {
            if (!readable[std::size_t(i)]) continue;
            kept.push_back(i);
            sample.images.push_back(sample_[std::size_t(first + i)]);
        }
        if (kept.empty()) continue;
        const AutocastGuard autocast(device.type(), bf16);
        const at::Tensor input = batch.index_select(0, at::tensor(kept, at::kLong)).to(device);
        features.push_back(backbone.forward(std::span(&input, 1), {}).to(at::kFloat));
    }
    if (!features.empty()) sample.features = at::cat(features);
    return sample;
}

at::Tensor OnlineEvaluation::look(std::span<const Image* const> images, BackboneNet& backbone,
                                  at::Device device, bool bf16) const {
    const at::NoGradGuard guard;
    const EvaluationMode mode(backbone);
    const at::Tensor batch = at::empty({static_cast<std::int64_t>(images.size()), 3, view_.crop, view_.crop});
    for (std::size_t i = 0; i < images.size(); ++i)
        applyEvaluation(*images[i], view_, batch[std::int64_t(i)].data_ptr<float>());
    const AutocastGuard autocast(device.type(), bf16);
    const at::Tensor input = batch.to(device);
    return backbone.forward(std::span(&input, 1), {}).to(at::kFloat);
}

FeatureScores OnlineEvaluation::score(const SampleFeatures& sample) const {
    const at::NoGradGuard guard;
    if (sample.images.size() < 2) return {kNotMeasured, kNotMeasured};
    const at::Tensor& all = sample.features;
    if (!all.isfinite().all().item<bool>()) return {kNotMeasured, kNotMeasured};
    if (!dataset_.hasLabels()) return {kNotMeasured, effectiveRank(all)};
    std::vector<std::int64_t> labels;
    for (const std::int64_t image : sample.images)
        labels.push_back(dataset_.label(image));
    const at::Tensor classes = at::tensor(labels, at::kLong).to(all.device());
    const auto classCount = static_cast<std::int64_t>(dataset_.classes().size());
    return {leaveOneOutKnn(all, classes, classCount), kNotMeasured};
}

}  // namespace dinoscope
