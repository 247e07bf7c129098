#pragma once

#include <string>
#include <vector>

#include "engine/base/option.h"

namespace dinoscope {

/// A word of a pasted line that does nothing here, and why.
struct IgnoredWord {
    std::string word;  ///< "--nproc_per_node=8"
    std::string reason;
};

/// A command line as it is run with main_dino.py, made fit for `dino train`.
struct ReferenceLine {
    std::vector<std::string> arguments;  ///< "--KEY=VALUE" where a value takes one word
    std::vector<IgnoredWord> ignored;
    std::vector<std::string> notes;  ///< what was taken for something else, a sentence each
};

/// Reads the words of a line such as
///   python -m torch.distributed.launch --nproc_per_node=8 main_dino.py --arch vit_small --use_fp16 true
/// or of `dino train` itself, whose words pass through. Python, the launcher (torchrun, srun,
/// torch.distributed) and its flags are left out and named, DeiT's names become ViT's, flags with a value
/// ("--use_fp16 false") become one word. Unknown options pass through: whoever parses the arguments names
/// them.
ReferenceLine readReferenceLine(const std::vector<std::string>& words);

}  // namespace dinoscope
