#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/option.h"

namespace dinoscope {

/// Every option of training: those of main_dino.py (facebookresearch/dino) with its names and defaults in
/// kebab case, ours, and the common ones.
const OptionSchema& trainOptions();

/// What an option is for decides what a resume may do with it.
enum class TrainOptionRole {
    Method,   ///< makes the run what it is: fixed once it started
    Length,   ///< --epochs: may grow; schedules are then computed anew
    Data,     ///< compared by the fingerprint of what is found there
    Machine,  ///< how and where it is computed: free
    Saving,   ///< free
    Probes,   ///< free
    Action,   ///< what this call is to do: not recorded
};
TrainOptionRole trainOptionRole(std::string_view key);

/// Whether --arch is a Vision Transformer.
bool isVit(const OptionValues& values);

/// Whether networks of these options hold batch normalisation.
bool normalisesBatches(const OptionValues& values);

/// Whether networks of these options hold batch normalisation, or targets are balanced over a batch: their
/// numbers then depend on how a batch is cut into micro-batches.
bool dependsOnMicroBatch(const OptionValues& values);

/// Images of an optimizer step: --batch-size-per-gpu, --accumulate times.
std::int64_t stepImages(const OptionValues& values);

/// Resolves what one option says about another (--use-fp16 about --precision), in place. Returns what there
/// is to tell the user, a sentence each. Throws UsageError for a contradiction.
std::vector<std::string> settleTrainOptions(OptionValues& values);

/// Options that are not as by default and do nothing.
struct IdleOptions {
    std::string reason;  ///< "with --loss mse, which knows …"
    std::vector<std::string> keys;
};
/// By what takes their effect, each key once.
std::vector<IdleOptions> idleOptions(const OptionValues& values);

/// Checks what ranges of single options cannot. Throws UsageError that names the option, its range and the
/// value.
void checkTrainOptions(const OptionValues& values);

/// The same, of what a run needs besides: --data and --output.
void checkTrainInputs(const OptionValues& values);

/// `args` as main_dino.py saves it in its checkpoints: its names with underscores, in its order. Pairs are
/// RealPair.
std::vector<std::pair<std::string, OptionValue>> referenceArguments(const OptionValues& values);

}  // namespace dinoscope
