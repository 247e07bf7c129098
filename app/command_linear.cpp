#include <cstdio>
#include <iostream>
#include <memory>

#include "app/cli_options.h"
#include "app/command.h"
#include "engine/api/evaluate.h"

namespace dinoscope::app {

namespace {

struct LinearArguments {
    OptionValues options{api::linearOptions()};
    bool json = false;
};

void print(const api::LinearReport& report) {
    std::printf("%lld training images, %lld validation images, %zu classes, %lld dimensions\n",
                static_cast<long long>(report.sets.trainImages),
                static_cast<long long>(report.sets.valImages), report.confusion.classes.size(),
                static_cast<long long>(report.sets.dim));
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
    const api::LinearReport report = api::evaluateLinear(arguments.options, control);
    if (arguments.json) {
        std::cout << api::toJson(report) << '\n';
    } else {
        print(report);
    }
    return kDone;
}

}  // namespace

Command addLinearCommand(CLI::App& program) {
    CLI::App* parser =
        program.add_subcommand("linear", "Measure a model by a linear classifier on its features");
    auto arguments = std::make_shared<LinearArguments>();
    parser->add_flag("--json", arguments->json, "one JSON document on stdout");
    bindOptions(*parser, api::linearOptions(), arguments->options);
    return {parser, [arguments](JobControl& control) { return runLinear(*arguments, control); },
            &arguments->json};
}

}  // namespace dinoscope::app
