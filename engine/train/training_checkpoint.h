#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/option.h"
#include "engine/train/learner.h"
#include "engine/train/run/run_directory.h"

namespace dinoscope {

/// Where a run stands, beside its weights.
struct TrainingState {
    RunPosition position;
    std::vector<std::int64_t> badImages;  ///< known to be unreadable
};

/// Writes what facebookresearch/dino's main_dino.py writes and reads: `student` (with DDP's "module."),
/// `teacher`, `optimizer`, `epoch`, `args` as a plain dict, `dino_loss`; and `dinoscope` for the rest. Loads
/// in torch with weights_only. Atomic.
void saveTraining(const std::filesystem::path& file, Learner& learner, const StepSettings& last,
                  const TrainingState& state, const OptionValues& options);

/// The file is cut short, or its bytes are not those that were written. Nothing is wrong with the run: an
/// older checkpoint serves as well.
class DamagedCheckpoint : public Error {
public:
    using Error::Error;
};

/// Reads it back, into place. Throws DamagedCheckpoint, and Error for another program's checkpoint, a newer
/// version's, and one that does not fit the learner; the learner may then be half filled.
TrainingState loadTraining(const std::filesystem::path& file, Learner& learner);

}  // namespace dinoscope
