#include <cstdio>
#include <iostream>
#include <memory>

#include "app/command_parts.h"
#include "engine/api/gallery.h"

namespace dinoscope::app {

namespace {

struct IndexArguments {
    std::string folder;
    OptionValues options{api::indexOptions()};
    bool json = false;
};

void print(const api::IndexReport& report) {
    std::cout << shown(report.gallery) << ": " << report.items << (report.items == 1 ? " image" : " images")
              << "; " << report.added << " added, " << report.updated << " updated, " << report.removed
              << " removed, " << report.unchanged << " unchanged, " << report.skipped.size() << " skipped";
    if (report.forgotten > 0) std::cout << ", " << report.forgotten << " forgotten";
    std::cout << '\n';
    if (report.imagesPerSecond <= 0) return;
    char rate[64];
    std::snprintf(rate, sizeof(rate), "%.1f", report.imagesPerSecond);
    std::cout << rate << " images a second on " << report.placement.device << " in "
              << api::name(report.placement.precision) << '\n';
}

int runIndex(const IndexArguments& arguments, JobControl& control) {
    if (arguments.folder.empty()) throw UsageError("no folder is named", {}, "give a folder with images");
    api::startRuntime(arguments.options);
    const api::IndexReport report = api::index(arguments.folder, arguments.options, control);
    writeReport(report, arguments.json, print);
    return arguments.options.flag("strict") && !report.skipped.empty() ? kFailed : kDone;
}

}  // namespace

Command addIndexCommand(CLI::App& program) {
    CLI::App* parser =
        program.add_subcommand("index", "Make a gallery of a folder's images, or bring one up to date");
    auto arguments = std::make_shared<IndexArguments>();
    parser->add_option("folder", arguments->folder, "folder of images")->type_name("DIR");
    parser->footer("Of a gallery that is there, what is not given is as it was made with, the model too.");
    return makeCommand(*parser, api::indexOptions(), std::move(arguments), runIndex);
}

}  // namespace dinoscope::app
