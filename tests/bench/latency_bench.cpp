#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/api/attention.h"
#include "engine/api/images.h"
#include "engine/api/train.h"
#include "tests/bench/bench.h"

namespace dinoscope::bench {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kRequests = 15;
constexpr int kSide = 224;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What a request took, from asking to having.
struct Answer {
    double whole = 0;
    double load = 0;     ///< the teacher of that moment, or the model
    double forward = 0;  ///< the attention's own time
};

/// Attention of the teacher as it is now, as the window asks for it.
Answer ask(JobRunner& engine, const fs::path& run, const Image& image) {
    std::promise<Answer> promise;
    Answer answer;
    const auto asked = Clock::now();
    Job job;
    job.run = [&](JobControl& control) {
        const auto begun = Clock::now();
        api::ModelSource source;
        source.weights = run.string();
        const auto model = api::Model::load(source, {}, control);
        answer.load = secondsSince(begun);
        api::AttentionField::compute(*model, image, InputSize::shorterSide(kSide), -1, control);
        answer.forward = secondsSince(begun) - answer.load;
    };
    job.finished = [&](const JobResult& result) {
        if (result.error) printRow(result.error->what(), "failed");
        answer.whole = secondsSince(asked);
        promise.set_value(answer);
    };
    engine.submit(std::move(job));
    return promise.get_future().get();
}

OptionValues recipe(const LatencyBenchOptions& bench, const std::string& arch, const fs::path& run) {
    OptionValues options(trainOptions());
    options.set("data", OptionValue(bench.data));
    options.set("output", OptionValue(run.string()));
    options.set("arch", std::string_view(arch));
    options.set("out-dim", std::string_view("8192"));
    options.set("batch-size-per-gpu", std::string_view("8"));
    options.set("local-crops-number", std::string_view("6"));
    options.set("save-every", std::string_view("0"));
    options.set("metrics-every", std::string_view("1"));
    return options;
}

void measure(const LatencyBenchOptions& bench, const std::string& arch) {
    const fs::path run = fs::temp_directory_path() / ("dinoscope-latency-" + arch);
    fs::remove_all(run);
    const auto engine = api::makeEngineRunner(0);
    const Image image = decodeImage(bench.image);
    std::promise<void> begun;
    std::promise<void> ended;
    Job job;
    job.priority = JobPriority::Long;
    job.run = [&](JobControl& control) {
        api::TrainWatcher watcher;
        bool told = false;
        watcher.step = [&](const StepMetrics&) {
            if (!std::exchange(told, true)) begun.set_value();
        };
        api::train(recipe(bench, arch, run), watcher, control);
    };
    job.finished = [&](const JobResult& result) {
        if (result.error) printRow(result.error->what(), "failed");
        ended.set_value();
    };
    const auto control = engine->submit(std::move(job));
    begun.get_future().wait();
    std::vector<double> waits;
    double load = 0;
    double forward = 0;
    for (int i = 0; i < kRequests; ++i) {
        // Anywhere in a step, not just behind the answer before.
        std::this_thread::sleep_for(std::chrono::milliseconds(200 + 379 * i % 1000));
        const Answer answer = ask(*engine, run, image);
        waits.push_back(answer.whole);
        load += answer.load / kRequests;
        forward += answer.forward / kRequests;
    }
    control->cancel();
    ended.get_future().wait();
    fs::remove_all(run);
    std::sort(waits.begin(), waits.end());
    printRow(arch + ": attention while training, median", milliseconds(waits[waits.size() / 2]));
    printRow(arch + ": the longest of " + std::to_string(kRequests), milliseconds(waits.back()),
             waits.back() < 2 ? "under 2 s" : "2 s MISSED");
    printRow("  of it the copy of the teacher", milliseconds(load));
    printRow("  of it the forward pass", milliseconds(forward));
}

}  // namespace

void runLatencyBench(const LatencyBenchOptions& options) {
    for (const char* arch : {"vit_tiny", "vit_small", "vit_base"})
        measure(options, arch);
}

}  // namespace dinoscope::bench
