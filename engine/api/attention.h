#pragma once

#include <cstdint>
#include <memory>

#include "engine/api/model.h"
#include "engine/explore/attention_map.h"
#include "engine/explore/input_geometry.h"
#include "engine/image/image.h"

namespace dinoscope::api {

/// A layer from 0, given as that or, negative, from the end. UsageError for one that is not there.
int resolveLayer(int layer, int depth);
/// UsageError unless the network has a register of that number, from 0.
void requireRegister(int number, int registers);

/// What a forward pass will take on this machine, from the shape and a short calibration.
struct Cost {
    double seconds = 0;
    std::int64_t bytes = 0;  ///< on top of the loaded model
};

/// `layer` counts from 0, negative from the end.
Cost estimateCost(const Model& model, const InputGeometry& geometry, int layer);

/// Throws Error where a forward pass would need more memory than is free, before the system ends the program
/// for it. compute() below asks this itself.
void requireMemory(const Model& model, const InputGeometry& geometry);

/// The queries and keys of one layer over one image: any row of its attention without another forward pass.
class AttentionField {
public:
    /// One forward pass: polls between blocks. `image` is upright RGB.
    static std::shared_ptr<const AttentionField> compute(const Model& model, const Image& image,
                                                         const InputSize& size, int layer,
                                                         JobControl& control);
    ~AttentionField();

    const InputGeometry& geometry() const;
    int layer() const;  ///< not negative
    int heads() const;
    std::int64_t bytes() const;  ///< memory held
    double seconds() const;      ///< the forward pass took
    int registers() const;  ///< tokens between [CLS] and the patches: registers, DeiT's distillation token

    /// A convolutional network has no attention. What map() then gives, for any query and as one head, is the
    /// energy of its last map: the mean of the squares over the channels.
    bool isEnergy() const;

    /// softmax(q·kᵀ/√d) of the query over the patches, [CLS] and registers left out and not renormalised (so
    /// a head sums to less than 1); those to the registers are beside it. Any thread; about a millisecond on
    /// the CPU.
    AttentionMap map(const Query& query) const;

private:
    class Impl;
    explicit AttentionField(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace dinoscope::api
