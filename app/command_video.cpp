#include <cstdio>
#include <iostream>
#include <memory>

#include "app/command_parts.h"
#include "engine/api/video.h"

namespace dinoscope::app {

namespace {

struct VideoArguments {
    std::string input;
    OptionValues options{api::videoOptions()};
    bool json = false;
};

void print(const api::VideoReport& report) {
    char rate[32];
    std::snprintf(rate, sizeof(rate), "%g", report.rate);
    std::cout << shown(report.output) << ": " << report.frames << (report.frames == 1 ? " frame" : " frames")
              << " of " << report.width << " x " << report.height << " pixels, " << rate
              << " a second, attended to with " << report.weights << " on " << report.placement.device
              << " in " << api::name(report.placement.precision) << '\n';
    if (report.skipped > 0) std::cout << report.skipped << " skipped\n";
}

int runVideo(const VideoArguments& arguments, JobControl& control) {
    if (arguments.input.empty())
        throw UsageError("no video is named", {}, "give a video file, or a folder with its pictures");
    api::startRuntime(arguments.options);
    const api::VideoReport report = api::video(arguments.input, arguments.options, control);
    writeReport(report, arguments.json, print);
    return kDone;
}

}  // namespace

Command addVideoCommand(CLI::App& program) {
    CLI::App* parser = program.add_subcommand("video", "Show where each attention head looks in a video");
    auto arguments = std::make_shared<VideoArguments>();
    parser
        ->add_option("input,--input-path,--input_path", arguments->input,
                     "a video, or a folder with its pictures")
        ->type_name("VIDEO");
    parser->footer(
        "Each frame becomes the frame itself, the mean of the heads and each head, row by row; --heads mean "
        "and "
        "--hues one picture.");
    return makeCommand(*parser, api::videoOptions(), std::move(arguments), runVideo);
}

}  // namespace dinoscope::app
