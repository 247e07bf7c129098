#include "engine/api/export.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "engine/base/atomic_file.h"
#include "engine/base/common_options.h"
#include "engine/base/mapped_file.h"
#include "engine/train/run/run_directory.h"
#include "engine/weights/load.h"
#include "engine/weights/save.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopied = std::size_t{8} << 20;  ///< bytes between two polls

/// Our checkpoints already have the reference's layout; it passes over what it does not know.
void copyTrainingCheckpoint(const fs::path& source, const fs::path& output, JobControl& control) {
    const Checkpoint checkpoint(source);
    for (const char* key : {"student", "teacher"}) {
        if (checkpoint.group(key)) continue;
        throw Error(std::string("there is no ") + key + " in this file", source.string(),
                    "give --format backbone, or a run of dino train");
    }
    const MappedFile mapped(source);
    AtomicFile file(output);
    for (std::size_t first = 0; first < mapped.bytes().size(); first += kCopied) {
        control.poll();
        file.write(mapped.bytes().data() + first, std::min(kCopied, mapped.bytes().size() - first));
    }
    file.commit();
}

StateDict backboneWeights(const fs::path& source, const OptionValues& options, JobControl& control) {
    LoadOptions load;
    load.checkpointKey = options.text("checkpoint-key");
    const at::ScalarType type = options.text("precision") == "bf16" ? at::kBFloat16 : at::kFloat;
    StateDict weights;
    for (const auto& [name, tensor] : loadBackbone(source, load, control).weights)
        weights[name] = tensor.to(type);
    return weights;
}

}  // namespace

const OptionSchema& exportOptions() {
    static const OptionSchema schema(
        OptionSchema{
            {.key = "format",
             .type = OptionType::Choice,
             .defaultValue = std::string("backbone"),
             .choices = {"backbone", "dino", "safetensors"},
             .label = "Format",
             .help = "the training checkpoint of facebookresearch/dino, its backbone alone, or that as "
                     "safetensors"},
            {.key = "output",
             .type = OptionType::Path,
             .defaultValue = std::string(),
             .label = "Output",
             .help = "the file to write",
             .shortName = 'o'},
            {.key = "epoch",
             .type = OptionType::Integer,
             .defaultValue = std::int64_t{0},
             .minimum = 0,
             .label = "Epoch",
             .help = "of a run: the checkpoint at the end of this epoch; 0 for the newest"},
            {.key = "checkpoint-key",
             .type = OptionType::Text,
             .defaultValue = std::string(),
             .label = "Network",
             .help = "teacher or student; the teacher where there is a choice"}},
        commonOptions());
    return schema;
}

ExportReport exportWeights(const std::string& source, const OptionValues& options, JobControl& control) {
    if (options.text("output").empty())
        throw UsageError("no file to write is named", "--output", "give one with -o");
    const fs::path file = resolveWeights(source, options.integer("epoch"));
    const fs::path output = options.text("output");
    if (fs::is_directory(output)) {
        throw UsageError("this is a folder", output.string(), "give the name of a file");
    }
    const std::string& format = options.text("format");
    if (format == "dino") {
        copyTrainingCheckpoint(file, output, control);
    } else if (format == "backbone") {
        saveBackbone(output, backboneWeights(file, options, control));
    } else {
        saveSafetensors(output, backboneWeights(file, options, control));
    }
    return {file, output, format, static_cast<std::int64_t>(fs::file_size(output))};
}

std::string toJson(const ExportReport& report) {
    const nlohmann::ordered_json document{{"source", report.source.string()},
                                          {"output", report.output.string()},
                                          {"format", report.format},
                                          {"bytes", report.bytes}};
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string resolveWeights(const std::string& weights, std::int64_t epoch) {
    const RunPaths run(weights);
    if (!fs::is_directory(weights) || !run.holdsRun()) return weights;
    if (epoch > 0) return run.checkpointOfEpoch(epoch).path.string();
    const auto latest = run.latestCheckpoint();
    if (!latest) throw Error("this run has no checkpoint yet", weights, "wait for its first one");
    return latest->path.string();
}

}  // namespace dinoscope::api
