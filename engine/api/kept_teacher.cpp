#include "engine/api/kept_teacher.h"

#include <algorithm>
#include <map>
#include <string>

#include "engine/base/atomic_file.h"
#include "engine/neighbours/features.h"
#include "engine/train/live_teacher.h"
#include "engine/weights/checkpoint.h"
#include "engine/weights/infer_config.h"
#include "engine/weights/model_config.h"
#include "engine/weights/save.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

constexpr const char* kFingerprint = "fingerprint";

/// What names and shapes alone leave open.
std::map<std::string, std::string> metadataOf(const LiveTeacher& teacher, const std::string& fingerprint) {
    Inspection about;
    about.file = "dino train";
    about.family = "DINO";
    about.config = teacher.config();
    if (teacher.isConvolutional()) {
        about.network = Network::ResNet50;
        about.architecture = "resnet50";
    } else {
        about.architecture = architectureName(about.config);
    }
    std::map<std::string, std::string> metadata = ownMetadata(about);
    metadata[kFingerprint] = fingerprint;
    return metadata;
}

bool isOfFingerprint(const fs::path& file, const std::string& fingerprint) {
    try {
        return std::ranges::any_of(Checkpoint(file).options(), [&](const auto& option) {
            return option.first == kFingerprint && option.second == fingerprint;
        });
    } catch (const Error&) {
        return false;  // it is damaged, and stays as it is
    }
}

}  // namespace

std::optional<fs::path> keepTeacher(const fs::path& run) {
    const LiveTeacher* teacher = LiveTeacher::of(run);
    if (!teacher) return std::nullopt;
    const StateDict weights = teacher->weights();
    const std::string fingerprint = weightsFingerprint(teacher->config(), weights);
    const RunPaths paths(run);
    makeFolder(paths.teachers());
    for (int number = 1;; ++number) {
        const fs::path file = paths.teacher(teacher->position(), number);
        std::error_code failed;
        if (!fs::exists(file, failed)) {
            saveSafetensors(file, weights, metadataOf(*teacher, fingerprint));
            return file;
        }
        if (isOfFingerprint(file, fingerprint)) return file;
    }
}

}  // namespace dinoscope::api
