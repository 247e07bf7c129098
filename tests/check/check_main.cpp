// dino_check: what must also hold on a bare server without Qt: images are read, with OpenCV and without, our
// kernels agree with LibTorch's operators, and the CPU with CUDA where there is a card. Prints a line a
// check; exit status 1 if one failed.
#include <ATen/ATen.h>
#include <torch/nn/functional/normalization.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>

#include "engine/api/runtime.h"
#include "engine/base/cpu_features.h"
#include "engine/base/error.h"
#include "engine/neighbours/device_rows.h"
#include "engine/neighbours/search/exact_search.h"
#include "engine/nn/inference_vit.h"
#include "engine/nn/kernels/attention.h"
#include "engine/nn/kernels/attention_rows.h"
#include "engine/scale/nccl_sum.h"
#include "tests/check/check_report.h"

namespace {

using namespace dinoscope;

/// Logits go up to some 70, and the exponential of one is off by as much as the logit's own rounding, 70 *
/// 6e-8.
constexpr double kRounding = 1e-5;

at::Tensor probabilities(const at::Tensor& q, const at::Tensor& k) {
    return at::softmax(q.matmul(k.transpose(-1, -2)) / std::sqrt(double(q.size(-1))), -1);
}

/// qkv [tokens, 3, heads, headDim] -> softmax(q kᵀ / √d) v as the full matrices give it, in double.
at::Tensor plainAttention(const at::Tensor& qkv) {
    const at::Tensor parts = qkv.to(at::kDouble).permute({1, 2, 0, 3});
    return probabilities(parts[0], parts[1]).matmul(parts[2]).permute({1, 0, 2}).flatten(1);
}

void checkAttention(CpuPath path, std::int64_t tokens, std::int64_t heads, std::int64_t headDim) {
    const at::Tensor qkv = 3 * at::randn({tokens, 3, heads, headDim});
    const AttentionShape shape{1, tokens, heads, headDim};
    const float scale = 1 / std::sqrt(float(headDim));
    const std::string what =
        name(path) + " attention, " + std::to_string(tokens) + " tokens, heads of " + std::to_string(headDim);
    at::Tensor out = at::empty({tokens, heads * headDim});
    attention(qkv.const_data_ptr<float>(), out.data_ptr<float>(), shape, scale, path);
    check(what + ", fp32", out, plainAttention(qkv), kRounding);

    const at::Tensor rounded = qkv.to(at::kBFloat16);
    at::Tensor half = at::empty(out.sizes(), at::kBFloat16);
    attention(static_cast<const std::uint16_t*>(rounded.const_data_ptr()),
              static_cast<std::uint16_t*>(half.data_ptr()), shape, scale, path);
    check(what + ", bf16", half, plainAttention(rounded), 2e-2);

    const std::int64_t asked = std::min<std::int64_t>(2, tokens);
    at::Tensor rows = at::empty({heads, asked, tokens});
    const float* numbers = qkv.const_data_ptr<float>();
    const std::int64_t row = 3 * heads * headDim;
    attentionRows(RowsOperand<float>{numbers, headDim, row},
                  RowsOperand<float>{numbers + heads * headDim, headDim, row}, rows.data_ptr<float>(),
                  {heads, asked, tokens, headDim}, scale, path);
    const at::Tensor parts = qkv.to(at::kDouble).permute({1, 2, 0, 3});
    check(what + ", rows", rows, probabilities(parts[0].slice(1, 0, asked), parts[1]), kRounding);
}

void checkLinear() {
    const at::Tensor x = at::randn({785, 384});
    const at::Tensor weight = at::randn({1536, 384}) / 20;
    const at::Tensor bias = at::randn({1536});
    const at::Tensor plain = at::linear(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble));
    check("packed linear layer", LinearLayer(weight, bias)(x), plain, 2e-6);
    check("packed linear layer with GELU", LinearLayer(weight, bias, Activation::Gelu)(x), at::gelu(plain),
          2e-6);
}

VitConfig tiny() {
    VitConfig config = VitConfig::byName("vit_tiny", 16);
    config.depth = 4;
    return config;
}

/// Weights far from the initial ones, so that attention is not uniform.
StateDict peakyWeights(const VitConfig& config) {
    StateDict weights = initialWeights(config, 3);
    for (auto& [key, tensor] : weights) {
        if (key.find("qkv.weight") != std::string::npos) tensor.mul_(6);
    }
    return weights;
}

at::Tensor attentionOf(const QueriesAndKeys& field) {
    return probabilities(field.queries, field.keys);
}

/// A gallery's rows on a device must give the neighbours that the processor's scan gives, to the last bit.
void checkSearch(at::Device device) {
    constexpr std::int64_t kDim = 384;
    const at::Tensor unit = torch::nn::functional::normalize(at::randn({100'000, kDim}) + 3);
    const at::Tensor data = unit.contiguous();
    const FeatureRows rows{static_cast<const std::byte*>(data.const_data_ptr()), data.size(0), kDim,
                           kDim * std::int64_t(sizeof(float)), StorageType::Fp32};
    JobControl control;
    const DeviceRows copy(rows, device, control);
    bool isSame = true;
    for (std::int64_t q = 0; q < 20; ++q) {
        const std::span query(data[q].const_data_ptr<float>(), std::size_t(kDim));
        isSame = isSame && copy.nearest(query, 20, {}, control) == nearest(rows, query, 20, {}, control);
    }
    report("nearest neighbours on " + device.str() + " against the processor's scan", isSame);
}

/// With one process: that the library, its functions and the card's work fit together.
void checkSumOfCards() {
    if (!NcclSum::isThere()) {
        std::printf("     NCCL is not there: sums over cards were not checked\n");
        return;
    }
    const at::Tensor expected = at::arange(100'000, at::kFloat) / 7;
    const at::Tensor onCard = expected.to(at::Device("cuda:0"));
    NcclSum one(NcclSum::makeId(), 0, 1, onCard.device());
    one.sum(onCard);
    check("sum over one card", onCard.cpu(), expected, 0);
}

void checkDevices() {
    const VitConfig config = tiny();
    const StateDict weights = peakyWeights(config);
    const at::Tensor image = at::randn({1, 3, 224, 320});
    JobControl control;
    const auto run = [&](at::Device device, at::ScalarType precision) {
        return attentionOf(
            InferenceVit(config, weights, device, precision).queriesAndKeys(image, 3, control));
    };
    const at::Tensor reference = run(at::kCPU, at::kFloat);
    check("CPU bf16 against fp32", run(at::kCPU, at::kBFloat16), reference, 0.15);
    checkSearch(at::kCPU);
    checkCrops(at::kCPU);
    if (!at::hasCUDA()) {
        std::printf("     no CUDA card: CPU against CUDA was not checked\n");
        return;
    }
    at::globalContext().setAllowTF32CuBLAS(false);
    check("CUDA fp32 against CPU fp32", run(at::Device("cuda:0"), at::kFloat), reference, 1e-4);
    check("CUDA bf16 against CPU fp32", run(at::Device("cuda:0"), at::kBFloat16), reference, 0.15);
    checkSearch(at::Device("cuda:0"));
    checkCrops(at::Device("cuda:0"));
    checkSumOfCards();
    // Their products are exact in whatever the card's units round to.
    at::globalContext().setAllowTF32CuBLAS(true);
    checkCrops(at::Device("cuda:0"));
    at::globalContext().setAllowTF32CuBLAS(false);
}

}  // namespace

int main() {
    try {
        const OptionValues options(api::commonOptions());
        api::startRuntime(options);
        at::manual_seed(1);
        std::printf("%s\n", api::describeDevice("cpu").description.c_str());
        checkImages();
        for (const CpuPath path :
             {CpuPath::Portable, CpuPath::Avx2, CpuPath::Avx512, CpuPath::Avx512Bf16, CpuPath::Amx}) {
            if (path > bestCpuPath()) {
                std::printf("     %s: this processor lacks it, so it was not checked\n", name(path).c_str());
                continue;
            }
            checkAttention(path, 1, 1, 64);
            checkAttention(path, 197, 3, 64);
            checkAttention(path, 785, 2, 32);
        }
        checkLinear();
        checkDevices();
        checkTraining();
    } catch (...) {
        std::printf("FAIL %s\n", currentError().what());
        return 1;
    }
    std::printf("%d failed\n", failures());
    return failures() == 0 ? 0 : 1;
}
