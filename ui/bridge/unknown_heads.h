#pragma once

#include <optional>

#include "engine/api/model.h"

namespace dinoscope {

/// Runs what loads a model, for a job: how a job failed is told as an Error, whose candidates are kept here.
template <typename Work>
auto keepingUnknownHeads(std::optional<UnknownHeads>& kept, const Work& work) {
    try {
        return work();
    } catch (const UnknownHeads& unknown) {
        kept = unknown;
        throw;
    }
}

}  // namespace dinoscope
