#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>

#include "app/cli_options.h"
#include "app/command.h"
#include "engine/api/catalogue.h"
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
    bool list = false;
    bool keys = false;
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

void printRowOf(const std::string& label, const std::string& value) {
    if (!value.empty()) printRow(label, value);
}

std::string numberOrNone(int number) {
    return number > 0 ? std::to_string(number) : "none";
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

void printNetwork(const api::ModelInfo& info) {
    printRow("architecture", info.architecture);
    if (info.patchSize > 0) {
        printRow("patch size", std::to_string(info.patchSize));
        printRow("image size",
                 info.imageSize > 0 ? std::to_string(info.imageSize) : "any (rotary positions)");
        printRow("layers", std::to_string(info.layers));
        printRow("heads", std::to_string(info.heads));
        printRow("registers", numberOrNone(info.registers));
    }
    printRow("dim", std::to_string(info.dim));
    printRow("classifier", info.classes > 0 ? std::to_string(info.classes) + " classes" : "none");
    printRow("parameters", withSeparators(info.parameters));
    printRow("dtype", info.dtype);
}

void print(const api::ModelInfo& info, bool withKeys) {
    printRow("file", info.file);
    printRowOf("format", info.format);
    printRow("family", info.family + " (" + info.confidence + ")");
    printRowOf("checkpoint key", info.checkpointKey);
    if (info.checkpointKeys.size() > 1) printRow("  there are", joined(info.checkpointKeys));
    printNetwork(info);
    if (info.epoch) printRow("epoch", std::to_string(*info.epoch));
    printRowOf("SHA-256", info.sha256);
    printRowOf("catalogue", info.catalogueName);
    printRowOf("licence", info.licence);
    printRowOf("source", info.source);
    printRowOf("beside it", joined(info.others));
    printRow("keys used", std::to_string(info.keysUsed));
    for (const std::string& key : info.keysUsedNames) {
        if (withKeys) std::cout << "  " << key << '\n';
    }
    printKeys("keys missing", info.keysMissing);
    printKeys("keys ignored", info.keysIgnored);
    printKeys("keys unexpected", info.keysUnexpected);
    if (!info.keysMissing.empty() || !info.keysUnexpected.empty()) {
        std::cout << "Loading is refused while keys are missing or unexpected.\n";
    }
    if (info.trainingOptions.empty()) return;
    std::cout << "options\n";
    for (const auto& [key, value] : info.trainingOptions)
        std::cout << "  " << key << " = " << value << '\n';
}

std::string percent(const std::optional<double>& value) {
    if (!value) return "-";
    std::ostringstream text;
    text << std::fixed << std::setprecision(1) << *value;
    return text.str();
}

int listCatalogue(bool json) {
    const std::vector<api::CatalogueItem> items = api::listCatalogue();
    if (json) {
        std::cout << api::toJson(items) << '\n';
        return kDone;
    }
    const auto row = [](const std::string& name, const std::string& family, const std::string& arch,
                        const std::string& knn, const std::string& linear, const std::string& licence,
                        const std::string& here) {
        std::cout << std::left << std::setw(26) << name << std::setw(33) << family << std::setw(19) << arch
                  << std::setw(7) << knn << std::setw(8) << linear << std::setw(16) << licence << here
                  << '\n';
    };
    row("name", "family", "architecture", "k-NN", "linear", "licence", "here");
    for (const api::CatalogueItem& item : items) {
        row(item.name, item.family, item.architecture, percent(item.knn), percent(item.linear), item.licence,
            item.fetched           ? "yes"
            : item.address.empty() ? "by its page"
                                   : "-");
    }
    std::cout
        << "k-NN and linear: top-1 on ImageNet in percent, as published. `dino fetch NAME` downloads one;\n"
           "`dino info --list --json` has the addresses.\n";
    return kDone;
}

int runInfo(InfoArguments& arguments, JobControl& control) {
    const bool named = !arguments.file.empty();
    if (arguments.list && (named || arguments.options.isSet("weights"))) {
        throw UsageError("it lists the public checkpoints and looks at no file", "--list",
                         "leave it out, or name no file");
    }
    if (arguments.list) return listCatalogue(arguments.json);
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
        print(info, arguments.keys);
    }
    return kDone;
}

}  // namespace

Command addInfoCommand(CLI::App& program) {
    CLI::App* parser = program.add_subcommand("info", "Tell what a checkpoint file holds");
    auto arguments = std::make_shared<InfoArguments>();
    parser->add_option("file", arguments->file, "a checkpoint, a run, a name of --list, or untrained")
        ->type_name("FILE");
    parser->add_flag("--json", arguments->json, "one JSON document on stdout");
    parser->add_flag("--sha256", arguments->sha256, "hash the file too");
    parser->add_flag("--keys", arguments->keys, "list the tensors that are used as well");
    parser->add_flag("--list", arguments->list, "list the public checkpoints that are known by name");
    bindOptions(*parser, infoOptions(), arguments->options);
    parser->get_option("--weights")->description("the same as FILE");
    return {parser, [arguments](JobControl& control) { return runInfo(*arguments, control); },
            &arguments->json};
}

}  // namespace dinoscope::app
