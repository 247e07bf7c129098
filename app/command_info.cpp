#include <iomanip>
#include <iostream>
#include <memory>

#include "app/cli_options.h"
#include "app/command.h"
#include "engine/api/model.h"

namespace dinoscope::app {

namespace {

const OptionSchema& infoOptions() {
    static const OptionSchema schema(api::modelOptions(), api::commonOptions());
    return schema;
}

struct InfoArguments {
    std::string file;
    OptionValues options{infoOptions()};
    bool json = false;
    bool sha256 = false;
};

void printRow(const std::string& label, const std::string& value) {
    std::cout << std::left << std::setw(17) << label << value << '\n';
}

void printKeys(const std::string& label, const std::vector<std::string>& keys) {
    printRow(label, std::to_string(keys.size()));
    for (const std::string& key : keys)
        std::cout << "  " << key << '\n';
}

std::string withSeparators(std::int64_t number) {
    std::string text = std::to_string(number);
    for (int i = static_cast<int>(text.size()) - 3; i > 0; i -= 3)
        text.insert(std::size_t(i), " ");
    return text;
}

void print(const api::ModelInfo& info) {
    printRow("file", info.file);
    printRow("family", info.family + " (" + info.confidence + ")");
    printRow("architecture", info.architecture);
    printRow("patch size", std::to_string(info.patchSize));
    printRow("image size", std::to_string(info.imageSize));
    printRow("layers", std::to_string(info.layers));
    printRow("heads", std::to_string(info.heads));
    printRow("dim", std::to_string(info.dim));
    printRow("registers", std::to_string(info.registers));
    printRow("parameters", withSeparators(info.parameters));
    printRow("dtype", info.dtype);
    if (info.epoch) printRow("epoch", std::to_string(*info.epoch));
    if (!info.sha256.empty()) printRow("SHA-256", info.sha256);
    printRow("keys used", std::to_string(info.keysUsed));
    printKeys("keys missing", info.keysMissing);
    printKeys("keys ignored", info.keysIgnored);
    printKeys("keys unexpected", info.keysUnexpected);
    if (!info.keysMissing.empty() || !info.keysUnexpected.empty()) {
        std::cout << "Loading is refused while keys are missing or unexpected.\n";
    }
    if (info.trainingOptions.empty()) return;
    std::cout << "training options\n";
    for (const auto& [key, value] : info.trainingOptions)
        std::cout << "  " << key << " = " << value << '\n';
}

int runInfo(InfoArguments& arguments, JobControl& control) {
    const bool named = !arguments.file.empty();
    if (named == arguments.options.isSet("weights")) {
        throw UsageError(named ? "two files are named" : "no file is named", {},
                         "give one checkpoint, or untrained");
    }
    if (named) arguments.options.set("weights", std::string_view(arguments.file));
    const auto seed = static_cast<std::uint64_t>(arguments.options.integer("seed"));
    const api::ModelSource source = api::modelSource(arguments.options, seed);
    const api::ModelInfo info = api::inspectModel(source, arguments.sha256, control);
    if (arguments.json) {
        std::cout << api::toJson(info) << '\n';
    } else {
        print(info);
    }
    return kDone;
}

}  // namespace

Command addInfoCommand(CLI::App& program) {
    CLI::App* parser = program.add_subcommand("info", "Tell what a checkpoint file holds");
    auto arguments = std::make_shared<InfoArguments>();
    parser->add_option("file", arguments->file, "a checkpoint, or untrained")->type_name("FILE");
    parser->add_flag("--json", arguments->json, "one JSON document on stdout");
    parser->add_flag("--sha256", arguments->sha256, "hash the file too");
    bindOptions(*parser, infoOptions(), arguments->options);
    parser->get_option("--weights")->description("the same as FILE");
    return {parser, [arguments](JobControl& control) { return runInfo(*arguments, control); },
            &arguments->json};
}

}  // namespace dinoscope::app
