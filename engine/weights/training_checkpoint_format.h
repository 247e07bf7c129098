#pragma once

#include <cstdint>
#include <string>

#include "engine/base/error.h"
#include "engine/weights/pickle_tree.h"

namespace dinoscope {

/// Of the part "dinoscope" of the checkpoints that this program trains. Older ones are read, newer ones
/// refused.
inline constexpr std::int64_t kTrainingFormat = 1;

/// Throws Error for a checkpoint of a newer format, whatever it is to be read for: what its weights mean is
/// that program's to say. Anything else of torch.save passes.
inline void refuseNewerTraining(const PickleValue& root, const std::string& file) {
    if (!root.is(PickleKind::Dict)) return;
    const auto own = root.find("dinoscope");
    if (!own || !own->is(PickleKind::Dict)) return;
    const auto format = own->find("format");
    if (!format || !format->is(PickleKind::Int) || format->integer() <= kTrainingFormat) return;
    throw Error("the checkpoint is of format " + std::to_string(format->integer()) +
                    ", this program reads up to " + std::to_string(kTrainingFormat),
                file, "update Dinoscope");
}

}  // namespace dinoscope
