#include <cstdio>
#include <memory>

#include "app/command_parts.h"
#include "app/evaluation_text.h"
#include "engine/api/evaluate.h"

namespace dinoscope::app {

namespace {

struct KnnArguments {
    OptionValues options{api::knnOptions()};
    bool json = false;
};

void print(const api::KnnReport& report) {
    printSets(report.sets, report.confusion.classes.size());
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
    writeReport(report, arguments.json, print);
    return kDone;
}

}  // namespace

Command addKnnCommand(CLI::App& program) {
    CLI::App* parser = program.add_subcommand("knn", "Measure a model by weighted k-NN classification");
    auto arguments = std::make_shared<KnnArguments>();
    return makeCommand(*parser, api::knnOptions(), std::move(arguments), runKnn);
}

}  // namespace dinoscope::app
