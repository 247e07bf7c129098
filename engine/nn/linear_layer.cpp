#include "engine/nn/linear_layer.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "engine/base/cpu_features.h"

namespace dinoscope {

namespace {

/// oneDNN chooses its blocking by the number of rows; this one serves small and large images alike.
constexpr std::int64_t kPackedForRows = 1024;

at::Tensor pack(const at::Tensor& weight) {
    static const auto operation = c10::Dispatcher::singleton()
                                      .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
                                      .typed<at::Tensor(const at::Tensor&, std::optional<c10::SymInt>)>();
    return operation.call(weight, c10::SymInt(kPackedForRows));
}

at::Tensor packedLinear(const at::Tensor& input, const at::Tensor& weight,
                        const std::optional<at::Tensor>& bias, Activation activation) {
    using Signature =
        at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, std::string_view,
                   c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);
    static const auto operation =
        c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "").typed<Signature>();
    return operation.call(input, weight, bias, activation == Activation::Gelu ? "gelu" : "none",
                          c10::List<std::optional<at::Scalar>>(), "none");
}

}  // namespace

/// oneDNN has no bf16 products for processors without AVX512-BF16; LibTorch's own are slow there, but right.
bool LinearLayer::packs(at::Device device, at::ScalarType precision) {
    if (!device.is_cpu()) return false;
    if (precision == at::kFloat) return cpuPath() != CpuPath::Portable;
    return precision == at::kBFloat16 && cpuPath() >= CpuPath::Avx512Bf16;
}

LinearLayer::LinearLayer(const at::Tensor& weight, const at::Tensor& bias, Activation activation)
    : weight_(weight.contiguous()),
      bias_(bias),
      activation_(activation),
      packed_(packs(weight.device(), weight.scalar_type())) {
    if (packed_) weight_ = pack(weight_);
}

at::Tensor LinearLayer::operator()(const at::Tensor& input) const {
    const std::optional<at::Tensor> bias = bias_.defined() ? std::optional(bias_) : std::nullopt;
    if (packed_) return packedLinear(input, weight_, bias, activation_);
    at::Tensor output = at::linear(input, weight_, bias);
    return activation_ == Activation::Gelu ? at::gelu_(output) : output;
}

std::int64_t LinearLayer::bytes() const {
    return weight_.numel() * weight_.element_size() +
           (bias_.defined() ? bias_.numel() * bias_.element_size() : 0);
}

}  // namespace dinoscope
