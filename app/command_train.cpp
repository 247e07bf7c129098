#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>

#include "app/command_parts.h"
#include "app/local_processes.h"
#include "engine/api/train.h"

namespace dinoscope::app {

namespace {

struct TrainArguments {
    OptionValues options{trainOptions()};
    bool json = false;
    int processes = 1;
};

std::string percent(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f %%", value);
    return text;
}

void printSummary(const api::TrainReport& report) {
    std::cout << report.run.string() << ": " << report.epochs << (report.epochs == 1 ? " epoch" : " epochs");
    if (report.alreadyFinished) {
        std::cout << ", finished before; give more --epochs to go on\n";
        return;
    }
    std::cout << ", " << report.steps << (report.steps == 1 ? " step" : " steps") << " in this session on "
              << report.placement.device << " in " << api::name(report.placement.precision);
    if (report.processes > 1) std::cout << " by " << report.processes << " processes";
    if (report.loss != kNotMeasured) std::cout << ", loss " << report.loss;
    if (report.knnTop1 != kNotMeasured) std::cout << ", k-NN " << percent(report.knnTop1);
    std::cout << '\n';
}

void tellReferenceLine(const ReferenceLine& line) {
    for (const IgnoredWord& ignored : line.ignored)
        std::cerr << "ignored " << ignored.word << ": " << ignored.reason << '\n';
    for (const std::string& note : line.notes)
        std::cerr << note << '\n';
}

/// As a launcher says, or among `others`, which are started.
ProcessPlace takePlace(const TrainArguments& arguments, std::optional<LocalProcesses>& others) {
    ProcessPlace place = processPlace();
    if (arguments.processes == 1 || arguments.processes == place.count) return place;
    if (!place.isAlone()) {
        throw UsageError("a launcher has started " + std::to_string(place.count) + " processes already",
                         "--processes " + std::to_string(arguments.processes), "leave it out");
    }
    if (!arguments.options.flag("plan")) return others.emplace(arguments.processes).place();
    place.count = place.localCount = arguments.processes;
    return place;
}

int runTrain(TrainArguments& arguments, JobControl& control) {
    OptionValues& options = arguments.options;
    for (const std::string& note : api::takePreset(options, shippedFolder("models/presets")))
        control.note(note);
    std::optional<LocalProcesses> others;
    const ProcessPlace place = takePlace(arguments, others);
    api::startRuntime(options, place);
    if (options.flag("plan")) {
        if (!place.isFirst()) return kDone;
        const api::TrainPlan plan = api::planTraining(options, control, place);
        std::cout << (arguments.json ? api::toJson(plan) + "\n" : api::describe(plan));
        return kDone;
    }
    const std::shared_ptr<ProcessGroup> processes = api::joinProcesses(place, control);
    try {
        const api::TrainReport report = api::train(options, {}, control, processes.get());
        if (place.isFirst()) writeReport(report, arguments.json, printSummary);
    } catch (const ToldByFirst& error) {
        return error.isWrongUsage() ? kWrongUsage : kFailed;
    }
    return kDone;
}

}  // namespace

Command addTrainCommand(CLI::App& program) {
    CLI::App* parser =
        program.add_subcommand("train", "Pretrain a Vision Transformer on your images, without labels");
    auto arguments = std::make_shared<TrainArguments>();
    parser->footer(
        "A line for main_dino.py works too: its flags are the same, those of launchers are passed over.\n"
        "One process trains on one device. Of several that share each step, --processes starts those of one "
        "machine;\n"
        "torchrun (--no-python) and srun start them on many.");
    TrainArguments& words = *arguments;
    Command command = makeCommand(*parser, trainOptions(), std::move(arguments), runTrain);
    parser
        ->add_option("--processes", words.processes,
                     "processes of this machine that share each step, each with a batch and, where there are "
                     "enough, a card of its own (between 1 and 1024; default 1)")
        ->type_name("N")
        ->check(CLI::Range(1, 1024).description(""));
    command.isQuiet = [] { return !processPlace().isFirst(); };
    return command;
}

std::vector<std::string> adaptTrainLine(const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments.front() != "train") return arguments;
    const ReferenceLine line = readReferenceLine({arguments.begin() + 1, arguments.end()});
    if (processPlace().isFirst()) tellReferenceLine(line);
    std::vector<std::string> adapted{"train"};
    adapted.insert(adapted.end(), line.arguments.begin(), line.arguments.end());
    return adapted;
}

}  // namespace dinoscope::app
