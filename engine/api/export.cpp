#include "engine/api/export.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "engine/api/replay.h"
#include "engine/api/weights_name.h"
#include "engine/base/common_options.h"
#include "engine/train/run/run_directory.h"
#include "engine/weights/exported_names.h"
#include "engine/weights/load.h"
#include "engine/weights/model_config.h"
#include "engine/weights/resave.h"
#include "engine/weights/save.h"

namespace dinoscope::api {

namespace {

namespace fs = std::filesystem;

bool isTraining(const Checkpoint& checkpoint) {
    return checkpoint.torchFile() && checkpoint.group("student") && checkpoint.group("teacher");
}

/// The whole training state again, as main_dino.py resumes from it.
void writeTrainingCheckpoint(const Checkpoint& checkpoint, const fs::path& output, bool asNamespace,
                             std::vector<std::string>& notes) {
    std::vector<std::string> leftOut;
    writeTorchFile(output, resavable(checkpoint, asNamespace, leftOut));
    if (leftOut.empty()) return;
    std::string names;
    for (std::size_t i = 0; i < leftOut.size() && i < 8; ++i)
        names += (i > 0 ? ", " : "") + leftOut[i];
    notes.push_back("left out, as only Python's own objects: " + names +
                    (leftOut.size() > 8 ? " and more" : ""));
}

/// The arguments of main_dino.py that make this network.
TorchValue::Entries referenceArguments(const Backbone& backbone) {
    const Inspection& info = backbone.inspection;
    if (info.network == Network::ResNet50) return {{"arch", "resnet50"}, {"patch_size", 16}};
    for (const char* name : {"vit_tiny", "vit_small", "vit_base"}) {
        VitConfig reference = VitConfig::byName(name, info.config.patchSize);
        reference.imageSize = info.config.imageSize;
        reference.positions = info.config.positions;  // the weights are the same whatever becomes of them
        if (reference == info.config) return {{"arch", name}, {"patch_size", info.config.patchSize}};
    }
    throw Error("facebookresearch/dino has no network like this " + info.architecture + " of " + info.family,
                info.file, "give --format backbone or safetensors");
}

at::ScalarType exportedType(const OptionValues& options) {
    return options.text("precision") == "bf16" ? at::kBFloat16 : at::kFloat;
}

StateDict converted(const StateDict& weights, at::ScalarType type) {
    StateDict found;
    for (const auto& [name, tensor] : weights)
        found[name] = tensor.is_floating_point() ? tensor.to(type) : tensor;
    return found;
}

/// A backbone as student and teacher: what visualize_attention.py and the evaluations load. There is no head
/// and no optimizer to resume from.
void writeAsTraining(const Backbone& backbone, const fs::path& output, const OptionValues& options,
                     std::vector<std::string>& notes) {
    TorchValue::Entries arguments = referenceArguments(backbone);
    TorchValue::Entries student;
    TorchValue::Entries teacher;
    for (const auto& [name, tensor] : converted(backbone.weights, exportedType(options))) {
        student.emplace_back("module.backbone." + name, tensorValue(tensor));
        teacher.emplace_back("backbone." + name, tensorValue(tensor));
    }
    TorchValue::Entries file{{"student", TorchValue::orderedDict(std::move(student))},
                             {"teacher", TorchValue::orderedDict(std::move(teacher))},
                             {"epoch", backbone.inspection.epoch.value_or(0)}};
    if (options.flag("namespace")) {
        file.emplace_back("args", TorchValue::Namespace{std::move(arguments)});
    } else {
        file.emplace_back("args", TorchValue::dict(std::move(arguments)));
    }
    writeTorchFile(output, TorchValue::dict(std::move(file)));
    notes.emplace_back(
        "the file holds no heads and no optimizer: it can be looked at and evaluated, not resumed");
}

/// What a reader of the file alone would take for something else.
void tellWhatIsLost(const Backbone& backbone, const fs::path& output, std::vector<std::string>& notes) {
    const Inspection& before = backbone.inspection;
    std::error_code failed;
    if (before.network != Network::VisionTransformer || !fs::is_regular_file(output, failed)) return;
    LoadOptions asked;
    asked.headsPerLayer = before.config.heads;
    const VitConfig after = inspect(output, asked).config;
    int heads = 0;
    try {
        heads = inspect(output).config.heads;
    } catch (const Error&) {
        heads = 0;  // it is asked for, then
    }
    if (heads != before.config.heads) {
        notes.push_back("this format does not tell the number of heads: load it with --heads-per-layer " +
                        std::to_string(before.config.heads) + ", or give --format safetensors");
    }
    if (after.positions != before.config.positions ||
        after.layerNormEpsilon != before.config.layerNormEpsilon) {
        notes.push_back(
            "this format does not tell it from " + inspect(output, asked).family +
            ", whose positions or norms are computed a little differently; --format safetensors does");
    }
}

/// Whoever opens the folder gets the file, not the index.
void tellWhatHidesTheIndex(const fs::path& output, const fs::path& written, std::vector<std::string>& notes) {
    std::error_code failed;
    const bool isFirst = output.filename() == "model.safetensors";  // of those that a folder is opened by
    if (written == output || !isFirst || !fs::exists(output, failed)) return;
    notes.push_back(output.string() +
                    " lies beside the shards and is what opens when the folder is named: remove it");
}

/// Returns what a reader opens.
fs::path writeBackbone(const Backbone& backbone, const fs::path& output, const OptionValues& options,
                       std::vector<std::string>& notes) {
    const bool safetensors = options.text("format") == "safetensors";
    const StateDict named =
        converted(exportedNames(backbone, safetensors ? NameStyle::Timm : NameStyle::Authors, notes),
                  exportedType(options));
    fs::path written = output;
    if (!safetensors) {
        saveBackbone(output, named);
    } else if (const std::int64_t megabytes = options.integer("shard-size"); megabytes > 0) {
        written = saveSafetensorsShards(output, named, ownMetadata(backbone.inspection),
                                        static_cast<std::size_t>(megabytes) * 1'000'000);
    } else {
        saveSafetensors(output, named, ownMetadata(backbone.inspection));
    }
    tellWhatHidesTheIndex(output, written, notes);
    tellWhatIsLost(backbone, written, notes);
    return written;
}

/// A training checkpoint is written with both networks, as they are.
void refuseWhatATrainingKeeps(const OptionValues& options) {
    for (const char* key : {"precision", "checkpoint-key"}) {
        if (!options.isSet(key)) continue;
        throw UsageError(
            "a training checkpoint is exported whole: both networks, in the numbers that they have",
            "--" + std::string(key), "leave it out, or give --format backbone or safetensors");
    }
}

/// A replay is of a whole run, and has no weights.
ExportReport exportReplay(const fs::path& run, const OptionValues& options, JobControl& control) {
    if (!RunPaths(run).holdsRun())
        throw UsageError("only a run can be replayed", run.string(), "give the folder of one");
    for (const char* key :
         {"epoch", "shard-size", "namespace", "checkpoint-key", "heads-per-layer", "precision"}) {
        if (!options.isSet(key)) continue;
        throw UsageError("a replay shows the whole run and holds no weights", "--" + std::string(key),
                         "leave it out, or give another --format");
    }
    const fs::path output = options.text("output");
    return {run, output, "replay", writeReplay(run, output, control), {}};
}

/// The options with the format that the output's name asks for, where none is given.
OptionValues withFormatOfName(const OptionValues& given) {
    const fs::path output = given.text("output");
    if (output.string().ends_with(".index.json")) {
        throw UsageError("this is the name of an index, which is written beside its shards", output.string(),
                         "give the model's own name, as model.safetensors");
    }
    OptionValues options = given;
    const bool isNamedSafetensors = output.extension() == ".safetensors";
    if (isNamedSafetensors && !given.isSet("format")) options.set("format", std::string_view("safetensors"));
    const std::string& format = options.text("format");
    const bool isTorch = format == "backbone" || format == "dino";
    const bool isNamedTorch = output.extension() == ".pth" || output.extension() == ".pt";
    if ((isTorch && isNamedSafetensors) || (format == "safetensors" && isNamedTorch)) {
        throw UsageError("a file of format " + format + " would have the name of another", output.string(),
                         isTorch ? "let it end in .pth" : "let it end in .safetensors");
    }
    return options;
}

std::int64_t bytesOf(const fs::path& written) {
    std::error_code failed;
    if (!fs::is_regular_file(written, failed)) return 0;  // a device or a pipe cannot be read again
    const Checkpoint checkpoint(written);
    std::int64_t bytes = 0;
    for (const fs::path& file : checkpoint.files())
        bytes += static_cast<std::int64_t>(fs::file_size(file));
    return bytes;
}

}  // namespace

const OptionSchema& exportOptions() {
    static const OptionSchema schema(
        OptionSchema{
            {.key = "format",
             .type = OptionType::Choice,
             .defaultValue = std::string("backbone"),
             .choices = {"backbone", "dino", "safetensors", "replay"},
             .label = "Format",
             .help = "backbone (or safetensors, for a name that ends so): the weights alone in the names of "
                     "the network's authors; dino: the training "
                     "checkpoint of facebookresearch/dino; safetensors: the weights in timm's names; replay: "
                     "a run's curves and probes "
                     "in a new folder, to be looked at elsewhere"},
            {.key = "output",
             .type = OptionType::Path,
             .defaultValue = std::string(),
             .label = "Output",
             .help = "the file to write; of format replay a folder",
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
             .help =
                 "teacher or student, base_encoder or momentum_encoder; the first where there is a choice"},
            {.key = "heads-per-layer",
             .type = OptionType::Integer,
             .defaultValue = std::int64_t{0},
             .minimum = 0,
             .maximum = 128,
             .label = "Heads per layer",
             .help = "attention heads, where the file cannot tell; 0 for the family's own"},
            {.key = "shard-size",
             .type = OptionType::Integer,
             .defaultValue = std::int64_t{0},
             .minimum = 0,
             .maximum = 1'000'000,
             .unit = "MB",
             .label = "Shard size",
             .help = "of format safetensors: files of at most this size and an index beside them; 0 for one "
                     "file"},
            {.key = "namespace",
             .type = OptionType::Flag,
             .defaultValue = false,
             .label = "Namespace",
             .help = "of format dino: args as argparse.Namespace, which torch.load takes only with "
                     "weights_only=False"}},
        commonOptions());
    return schema;
}

ExportReport exportWeights(const std::string& source, const OptionValues& given, JobControl& control) {
    if (given.text("output").empty())
        throw UsageError("no file to write is named", "--output", "give one with -o");
    if (source == kUntrained) {
        throw UsageError("a network without training is made when it is asked for, and lies in no file",
                         source, "give a checkpoint, a run or a name of `dino info --list`");
    }
    const OptionValues options = withFormatOfName(given);
    if (options.text("format") == "replay") return exportReplay(source, options, control);
    const fs::path file = resolveWeights(source, options.integer("epoch"));
    fs::path output = options.text("output");
    std::error_code unknown;
    if (fs::is_directory(output, unknown)) {
        throw UsageError("this is a folder", output.string(), "give the name of a file");
    }
    const std::string& format = options.text("format");
    if (options.integer("shard-size") > 0 && format != "safetensors") {
        throw UsageError("only safetensors are written in shards", "--shard-size",
                         "give --format safetensors too, or leave it out");
    }
    if (options.flag("namespace") && format != "dino") {
        throw UsageError("only a training checkpoint has arguments", "--namespace",
                         "give --format dino too, or leave it out");
    }
    std::vector<std::string> notes;
    control.poll();
    if (format == "dino" && isTraining(Checkpoint(file))) {
        refuseWhatATrainingKeeps(options);
        writeTrainingCheckpoint(Checkpoint(file), output, options.flag("namespace"), notes);
    } else {
        LoadOptions load;
        load.checkpointKey = options.text("checkpoint-key");
        load.headsPerLayer = static_cast<int>(options.integer("heads-per-layer"));
        const Backbone backbone = loadBackbone(file, load, control);
        if (format == "dino") {
            writeAsTraining(backbone, output, options, notes);
        } else {
            output = writeBackbone(backbone, output, options, notes);
        }
    }
    for (const std::string& note : notes)
        control.note(note);
    return {file, output, format, bytesOf(output), notes};
}

std::string toJson(const ExportReport& report) {
    const nlohmann::ordered_json document{{"source", report.source.string()},
                                          {"output", report.output.string()},
                                          {"format", report.format},
                                          {"bytes", report.bytes},
                                          {"notes", report.notes}};
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace dinoscope::api
