#include <cstdio>
#include <iostream>
#include <memory>

#include "app/command_parts.h"
#include "engine/api/neighbours.h"

namespace dinoscope::app {

namespace {

struct NeighboursArguments {
    std::string image;
    OptionValues options{api::neighboursOptions()};
    bool json = false;
};

void print(const api::NeighboursReport& report) {
    for (const api::FoundNeighbour& one : report.neighbours) {
        char similarity[32];
        std::snprintf(similarity, sizeof(similarity), "%.4f", double{one.similarity});
        std::cout << similarity << "  " << shown(one.path);
        if (!one.label.empty()) std::cout << "  (" << one.label << ")";
        std::cout << '\n';
    }
    if (report.neighbours.empty()) std::cout << "no neighbour is that similar\n";
    if (!report.votes.empty()) {
        char share[32];
        std::snprintf(share, sizeof(share), "%.0f %%", 100 * report.votes.front().share);
        std::cout << "vote: " << report.votes.front().label << ", " << share << '\n';
    }
    if (!report.contactSheet.empty()) std::cout << "contact sheet: " << report.contactSheet.string() << '\n';
}

int runNeighbours(const NeighboursArguments& arguments, JobControl& control) {
    if (arguments.image.empty()) throw UsageError("no image is named", {}, "give an image file");
    api::startRuntime(arguments.options);
    const api::NeighboursReport report = api::neighbours(arguments.image, arguments.options, control);
    writeReport(report, arguments.json, print);
    return kDone;
}

}  // namespace

Command addNeighboursCommand(CLI::App& program) {
    CLI::App* parser =
        program.add_subcommand("neighbours", "Find the images of a gallery most similar to one");
    auto arguments = std::make_shared<NeighboursArguments>();
    parser->add_option("image", arguments->image, "image file")->type_name("IMAGE");
    parser->footer("Without -w the gallery's own model is taken; --precision auto is the gallery's own too.");
    return makeCommand(*parser, api::neighboursOptions(), std::move(arguments), runNeighbours);
}

}  // namespace dinoscope::app
