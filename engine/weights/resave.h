#pragma once

#include <string>
#include <vector>

#include "engine/weights/checkpoint.h"
#include "engine/weights/pickle_writer.h"

namespace dinoscope {

/// A file of torch.save as a value that can be written anew: the same nesting, names, types and numbers, its
/// `args` as a plain dict (or argparse.Namespace), which is all that torch's weights-only loading takes.
/// Objects of other classes are left out; `leftOut` gets their places ("args.device"). Tensors are views of
/// the file, which must live until the value is written. Throws Error for safetensors and for a file that
/// nests without end.
TorchValue resavable(const Checkpoint& checkpoint, bool asNamespace, std::vector<std::string>& leftOut);

}  // namespace dinoscope
