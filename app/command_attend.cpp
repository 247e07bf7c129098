#include <algorithm>
#include <iostream>
#include <memory>

#include "app/command_parts.h"
#include "engine/api/attend.h"

namespace dinoscope::app {

namespace {

struct AttendArguments {
    std::vector<std::string> inputs;
    OptionValues options{api::attendOptions()};
    bool json = false;
};

void printSummary(const api::AttendReport& report, const std::string& folder) {
    for (const api::AttendedImage& image : report.images) {
        std::cout << shown(image.file) << ": " << image.outputs.size() << " files, " << image.columns << " x "
                  << image.rows << " patches, " << image.heads << (image.heads == 1 ? " head\n" : " heads\n");
    }
    std::cout << report.images.size() << (report.images.size() == 1 ? " image" : " images")
              << " attended to with " << report.weights << " on " << report.placement.device << " in "
              << api::name(report.placement.precision);
    if (!report.images.empty()) std::cout << "; the files are in " << folder;
    std::cout << '\n';
    if (!report.failures.empty()) std::cout << report.failures.size() << " skipped\n";
}

int runAttend(const AttendArguments& arguments, JobControl& control) {
    if (arguments.inputs.empty()) throw UsageError("no image is named", {}, "give image files or folders");
    api::startRuntime(arguments.options);
    const api::AttendReport report = api::attend(arguments.inputs, arguments.options, control);
    writeReport(report, arguments.json, [&arguments](const api::AttendReport& written) {
        printSummary(written, arguments.options.text("output-dir"));
    });
    const bool strict = arguments.options.flag("strict");
    const bool failed = std::any_of(report.failures.begin(), report.failures.end(),
                                    [strict](const api::AttendFailure& one) { return one.named || strict; });
    return failed ? kFailed : kDone;
}

}  // namespace

Command addAttendCommand(CLI::App& program) {
    CLI::App* parser = program.add_subcommand("attend", "Show where each attention head of a layer looks");
    auto arguments = std::make_shared<AttendArguments>();
    parser->add_option("images,--image-path,--image_path", arguments->inputs, "image files and folders")
        ->type_name("IMAGE");
    return makeCommand(*parser, api::attendOptions(), std::move(arguments), runAttend);
}

}  // namespace dinoscope::app
