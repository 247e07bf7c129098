#include <iostream>
#include <memory>

#include "app/command_parts.h"
#include "engine/api/export.h"

namespace dinoscope::app {

namespace {

struct ExportArguments {
    std::string source;
    OptionValues options{api::exportOptions()};
    bool json = false;
};

int runExport(const ExportArguments& arguments, JobControl& control) {
    if (arguments.source.empty())
        throw UsageError("no checkpoint is named", {}, "give a file or a run directory");
    const api::ExportReport report = api::exportWeights(arguments.source, arguments.options, control);
    writeReport(report, arguments.json, [](const api::ExportReport& written) {
        std::cout << shown(written.output) << ": " << written.format << ", " << written.bytes
                  << " bytes, from " << written.source.string() << '\n';
    });
    return kDone;
}

}  // namespace

Command addExportCommand(CLI::App& program) {
    CLI::App* parser = program.add_subcommand("export", "Write weights that other programs load");
    auto arguments = std::make_shared<ExportArguments>();
    parser->add_option("file", arguments->source, "a checkpoint or a run directory")->type_name("FILE");
    return makeCommand(*parser, api::exportOptions(), std::move(arguments), runExport);
}

}  // namespace dinoscope::app
