#pragma once

#include <ATen/core/Tensor.h>

namespace dinoscope {

enum class Activation { None, Gelu };

/// y = x Wᵀ + b for inference, GELU (the erf form) fused. On the CPU the weight is packed once into the
/// layout that oneDNN computes from, which is faster than MKL where MKL does not know the processor.
class LinearLayer {
public:
    /// Whether a layer keeps a packed copy of its weight instead of the weight itself.
    static bool packs(at::Device device, at::ScalarType precision);

    LinearLayer() = default;
    /// `weight` [out, in] and `bias` [out] (may be undefined) on their device, in their precision.
    LinearLayer(const at::Tensor& weight, const at::Tensor& bias, Activation activation = Activation::None);

    /// [..., in] -> [..., out]
    at::Tensor operator()(const at::Tensor& input) const;
    std::int64_t bytes() const;

private:
    at::Tensor weight_;
    at::Tensor bias_;
    Activation activation_ = Activation::None;
    bool packed_ = false;
};

}  // namespace dinoscope
