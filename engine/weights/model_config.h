#pragma once

#include <map>
#include <string>

#include "engine/weights/checkpoint.h"
#include "engine/weights/families.h"
#include "engine/weights/inspector.h"

namespace dinoscope {

/// What transformers' config.json in the folder of `checkpoint` says of the heads, which it is not asked for
/// where `heads` is not 0, and the norms; only where `family` has such files and one is there. Throws Error
/// where it asks for what is not computed here, and where it is damaged: what it says would be passed over
/// silently otherwise.
void readModelConfig(const Checkpoint& checkpoint, const Family& family, VitTraits& traits, int& heads);

/// Throws Error where that config.json tells another shape than the weights have: it is of another model
/// then, and its number of heads would split the width wrongly without a word.
void requireModelConfigOf(const Checkpoint& checkpoint, const Family& family, const VitConfig& config);

/// What `dino export` writes into the metadata of safetensors, so that a file in timm's names stays what it
/// was.
std::map<std::string, std::string> ownMetadata(const Inspection& inspection);

/// The same back; nothing where another program wrote the file.
void readOwnMetadata(const Checkpoint& checkpoint, Inspection& info, VitTraits& traits, int& heads);

}  // namespace dinoscope
