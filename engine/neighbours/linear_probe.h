#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/base/job.h"

namespace dinoscope {

/// A linear classifier: logits = features · weightᵀ + bias.
struct LinearClassifier {
    at::Tensor weight;  ///< [classes, dim]
    at::Tensor bias;    ///< [classes]

    at::Tensor logits(const at::Tensor& features) const;  ///< [n, dim] -> [n, classes]
};

/// Mean and deviation of each number of the training features, so that one penalty fits all.
struct Standardiser {
    at::Tensor mean;       ///< [dim]
    at::Tensor deviation;  ///< [dim], 1 where a number never changes

    /// Beside the features, [n, dim], memory is bounded.
    static Standardiser of(const at::Tensor& features);
    at::Tensor operator()(const at::Tensor& features) const;
    /// The same in place: a copy of many features is much.
    void apply(const at::Tensor& features) const;
};

/// Multinomial logistic regression: the least mean cross-entropy plus penalty / 2 times the squared weights
/// (the bias goes free), which is scikit-learn's with C = 1 / (n penalty). Found by L-BFGS with line search
/// until the gradient vanishes (1e-6) or the loss stands still (1e-12), in at most 500 steps: the problem is
/// convex, so the start does not matter.
/// features [n, dim], labels int64 [n]. Polls in every step.
LinearClassifier fitLinear(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                           double penalty, JobControl& control);

}  // namespace dinoscope
