#include <cstdio>
#include <memory>

#include "app/command_parts.h"
#include "app/evaluation_text.h"
#include "engine/api/evaluate.h"

namespace dinoscope::app {

namespace {

struct LinearArguments {
    OptionValues options{api::linearOptions()};
    bool json = false;
};

void print(const api::LinearReport& report) {
    printSets(report.sets, report.confusion.classes.size());
    std::printf("top-1 %.2f %%   top-5 %.2f %%   ", report.top1, report.top5);
    if (report.method == "lbfgs") {
        std::printf("(lbfgs, penalty %g)\n\nby class\n", report.penalty);
    } else {
        std::printf("(sgd, %lld epochs, learning rate %g)\n\nby class\n",
                    static_cast<long long>(report.epochs), report.learningRate);
    }
    printClasses(report.classes);
}

int runLinear(const LinearArguments& arguments, JobControl& control) {
    api::startRuntime(arguments.options);
    api::requireOptionsOfMethod(arguments.options);
    const api::LinearReport report = api::evaluateLinear(arguments.options, control);
    writeReport(report, arguments.json, print);
    return kDone;
}

}  // namespace

Command addLinearCommand(CLI::App& program) {
    CLI::App* parser =
        program.add_subcommand("linear", "Measure a model by a linear classifier on its features");
    auto arguments = std::make_shared<LinearArguments>();
    return makeCommand(*parser, api::linearOptions(), std::move(arguments), runLinear);
}

}  // namespace dinoscope::app
