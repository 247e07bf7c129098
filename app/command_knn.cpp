#include <cstdio>
#include <iostream>
#include <memory>

#include "app/cli_options.h"
#include "app/command.h"
#include "engine/api/evaluate.h"

namespace dinoscope::app {

namespace {

struct KnnArguments {
    OptionValues options{api::knnOptions()};
    bool json = false;
};

void print(const api::KnnReport& report) {
    std::printf("%lld training images, %lld validation images, %zu classes, %lld dimensions\n",
                static_cast<long long>(report.sets.trainImages),
                static_cast<long long>(report.sets.valImages), report.confusion.classes.size(),
                static_cast<long long>(report.sets.dim));
    for (const api::KnnScore& one : report.results) {
        std::printf("k = %-5lld top-1 %6.2f %%   top-5 %6.2f %%\n", static_cast<long long>(one.k), one.top1,
                    one.top5);
    }
    for (const std::int64_t k : report.leftOut) {
        std::printf("k = %lld is left out: there are only %lld training images\n", static_cast<long long>(k),
                    static_cast<long long>(report.sets.trainImages));
    }
    std::printf("\nby class, k = %lld\n", static_cast<long long>(report.bestK));
    printClasses(report.classes);
}

int runKnn(const KnnArguments& arguments, JobControl& control) {
    api::startRuntime(arguments.options);
    const api::KnnReport report = api::evaluateKnn(arguments.options, control);
    if (arguments.json) {
        std::cout << api::toJson(report) << '\n';
    } else {
        print(report);
    }
    return kDone;
}

}  // namespace

void printClasses(const std::vector<api::ClassScore>& classes) {
    std::size_t width = 0;
    for (const api::ClassScore& one : classes)
        width = std::max(width, one.name.size());
    for (const api::ClassScore& one : classes) {
        std::printf("%-*s %6lld images   top-1 %6.2f %%   top-5 %6.2f %%\n", int(width), one.name.c_str(),
                    static_cast<long long>(one.images), one.top1, one.top5);
    }
    std::fflush(stdout);
}

Command addKnnCommand(CLI::App& program) {
    CLI::App* parser = program.add_subcommand("knn", "Measure a model by weighted k-NN classification");
    auto arguments = std::make_shared<KnnArguments>();
    parser->add_flag("--json", arguments->json, "one JSON document on stdout");
    bindOptions(*parser, api::knnOptions(), arguments->options);
    return {parser, [arguments](JobControl& control) { return runKnn(*arguments, control); },
            &arguments->json};
}

}  // namespace dinoscope::app
