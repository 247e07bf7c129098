#include <QApplication>
#include <QElapsedTimer>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>
#include <QWindow>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <vector>

#include "engine/api/core.h"
#include "engine/api/images.h"
#include "engine/api/run.h"
#include "engine/api/runtime.h"
#include "engine/api/train.h"
#include "tests/bench/gui_bench.h"
#include "ui/bridge/paths.h"
#include "ui/dialogs.h"
#include "ui/train/runs_page.h"
#include "ui/train/watch_page.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/curve_stack.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

constexpr double kFrameMs = 16;
constexpr double kBlockedMs = 50;
constexpr int kPoints = 1'000'000;
constexpr int kRounds = 100;
constexpr int kRuns = 200;
constexpr int kStepsOfRun = 2000;
constexpr int kTrainingSeconds = 20;

using Clock = std::chrono::steady_clock;

double msSince(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// "name   median 1.00 ms   95th percentile 2.00 ms   ok"
bool tell(const char* name, std::vector<double> times, double allowed) {
    std::sort(times.begin(), times.end());
    const double median = times[times.size() / 2];
    const double high = times[times.size() * 95 / 100];
    std::printf("%-40s median %6.2f ms   95th percentile %6.2f ms   %s\n", name, median, high,
                high < allowed ? "ok" : "MISSED");
    std::fflush(stdout);
    return high < allowed;
}

/// A loss with noise, as training gives it, and numbers beside it.
RunCurves makeCurves() {
    RunCurves curves(10'000);
    std::uint32_t state = 1;
    Metrics metrics;
    metrics.steps.reserve(kPoints);
    for (int i = 0; i < kPoints; ++i) {
        state = state * 1664525U + 1013904223U;
        StepMetrics step;
        step.step = i;
        step.loss = 11 * std::exp(-i / 3e5) + double(state >> 8) / (1U << 24);
        step.teacherEntropy = step.loss * 0.8;
        step.kl = step.loss * 0.2;
        step.gradientNorm = double(state >> 8) / (1U << 22);
        step.learningRate = 5e-4 * std::cos(i / 7e5);
        step.imagesPerSecond = 100 + double(state >> 8) / (1U << 20);
        step.seconds = i;
        metrics.steps.push_back(step);
    }
    curves.add(metrics);
    return curves;
}

/// Events until all that is queued is painted.
void paintAll() {
    QCoreApplication::sendPostedEvents();
    QCoreApplication::processEvents();
    QCoreApplication::processEvents();
}

bool benchPlot(const RunCurves& curves) {
    CurvePlot plot;
    plot.resize(1920, 500);
    plot.show();
    while (!plot.windowHandle()->isExposed())
        QCoreApplication::processEvents();
    std::vector<Curve> shown;
    for (const StepQuantity each : {StepQuantity::Loss, StepQuantity::TeacherEntropy, StepQuantity::Kl})
        shown.push_back(curves.curve(each, CurveAxis::Step));
    plot.setSmoothing(100);
    plot.setCurves(std::move(shown));
    bool good = true;
    const auto run = [&](const char* name, const std::function<void(int)>& change) {
        std::vector<double> times;
        for (int round = 0; round < kRounds; ++round) {
            const auto start = Clock::now();
            change(round);
            paintAll();
            times.push_back(msSince(start));
        }
        good &= tell(name, times, kFrameMs);
    };
    run("3 curves of 1,000,000, zoomed", [&](int round) {
        plot.setRange({0, kPoints * (1 - round / 200.0)});
    });
    run("the same, panned", [&](int round) { plot.setRange({round * 4e3, 6e5 + round * 4e3}); });
    run("the same, cursor moved", [&](int round) { plot.setCursor(1e5 + round * 1e3); });
    if (plot.drawnPoints() < 1000) {
        std::printf("nothing was drawn\n");
        return false;
    }
    return good;
}

/// All eight plots of the page at once, as new numbers renew them.
bool benchStack(const RunCurves& curves) {
    CurveStack stack;
    stack.resize(1920, 1000);
    stack.setSmoothing(100);
    stack.show();
    while (!stack.windowHandle()->isExposed())
        QCoreApplication::processEvents();
    std::vector<CurvePanel> panels;
    for (int i = 0; i < 8; ++i) {
        const Curve curve = curves.curve(StepQuantity(i), CurveAxis::Step);
        panels.push_back({QString::number(i), QStringLiteral("plot"), {curve}, {}, i == 0});
    }
    stack.setPanels(std::move(panels), true);
    paintAll();
    std::vector<double> times;
    for (int round = 0; round < kRounds; ++round) {
        const auto start = Clock::now();
        Q_EMIT stack.plot(0).rangeWanted(0, kPoints * (1 - round / 200.0));
        paintAll();
        times.push_back(msSince(start));
    }
    for (int i = 0; i < stack.count(); ++i) {
        if (stack.plot(i).drawnPoints() > 500) continue;
        std::printf("plot %d was not drawn\n", i);
        return false;
    }
    return tell("8 plots of 1,000,000, zoomed together", times, kFrameMs);
}

OptionValues smallTraining(const fs::path& pictures, const fs::path& run) {
    OptionValues options(trainOptions());
    options.set("data", OptionValue(pictures.string()));
    options.set("output", OptionValue(run.string()));
    options.set("arch", std::string_view("vit_tiny"));
    options.set("global-crop-size", std::string_view("64"));
    options.set("local-crop-size", std::string_view("32"));
    options.set("local-crops-number", std::string_view("2"));
    options.set("img-size", std::string_view("64"));
    options.set("out-dim", std::string_view("1024"));
    options.set("batch-size-per-gpu", std::string_view("8"));
    options.set("metrics-every", std::string_view("1"));
    options.set("epochs", std::string_view("10000"));
    options.set("warmup-epochs", std::string_view("1"));
    options.set("device", std::string_view("cpu"));
    return options;
}

void makePictures(const fs::path& folder) {
    makeFolder(folder);
    for (int i = 0; i < 64; ++i) {
        Image image(96, 96);
        std::uint32_t state = std::uint32_t(i);
        for (std::uint8_t& value : image.pixels) {
            state = state * 1664525U + 1013904223U;
            value = std::uint8_t(state >> 26 << (i % 3));
        }
        writeJpeg(folder / (std::to_string(i) + ".jpg"), image, 90);
    }
}

/// How long the window's thread was away, each time a clock of 2 ms should have ticked, while a trainer works
/// beside it and the page follows what it writes.
bool benchTraining() {
    const QTemporaryDir folder;
    const fs::path root = filePath(folder.path());
    makePictures(root / "pictures");
    QSettings settings(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
    DesktopDialogs dialogs;
    const std::unique_ptr<JobRunner> engine = api::makeEngineRunner(1);
    ThreadRunner live, files;
    WatchPage page({*engine, live, files}, dialogs, settings);
    page.resize(1920, 1000);
    page.show();
    Job job;
    job.name = "training";
    job.priority = JobPriority::Long;
    const OptionValues options = smallTraining(root / "pictures", root / "run");
    bool failed = false;
    job.run = [&options](JobControl& control) { api::train(options, {}, control); };
    job.finished = [&failed](const JobResult& result) {
        failed = result.outcome == JobOutcome::Failed;
        if (failed) std::printf("the training failed: %s\n", result.error->what());
    };
    const std::shared_ptr<JobControl> control = engine->submit(std::move(job));
    page.setRun(root / "run");
    std::vector<double> away;
    QTimer clock;
    clock.setTimerType(Qt::PreciseTimer);
    clock.setInterval(2);
    Clock::time_point last = Clock::now();
    QObject::connect(&clock, &QTimer::timeout, [&] {
        away.push_back(msSince(last) - clock.interval());
        last = Clock::now();
    });
    clock.start();
    QElapsedTimer whole;
    whole.start();
    while (whole.elapsed() < kTrainingSeconds * 1000 && !failed)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    const std::size_t steps = page.watch().curves().steps();
    control->cancel();
    const double longest = *std::max_element(away.begin(), away.end());
    std::printf("%-40s longest %5.2f ms of %zu ticks, %zu steps were shown   %s\n",
                "window's thread away while training", longest, away.size(), steps,
                longest < kBlockedMs && steps > 10 ? "ok" : "MISSED");
    return longest < kBlockedMs && steps > 10;
}

void makeRuns(const fs::path& folder) {
    for (int i = 0; i < kRuns; ++i) {
        const fs::path run = folder / ("run" + std::to_string(i));
        makeFolder(run);
        RunRecord record{OptionValues(trainOptions()),
                         {"/pictures", "0123456789abcdef", 1000, 2},
                         {"0.1", "2.7", "cpu", "fp32", "avx2", 1},
                         "2026-01-02T10:00:00Z"};
        writeFileAtomically(run / "run.toml", formatRunRecord(record));
        MetricsWriter writer(run / "metrics.jsonl");
        for (int step = 0; step < kStepsOfRun; ++step) {
            writer.add(StepMetrics{
                .step = step, .epoch = step / 15, .loss = 10 / (1.0 + step), .seconds = step * 0.7});
            if (step % 15 == 14)
                writer.add(EpochMetrics{.step = step, .epoch = step / 15, .knnTop1 = step % 97 * 1.0});
        }
        writer.flush();
    }
}

bool benchRuns() {
    const QTemporaryDir folder;
    makeRuns(filePath(folder.path()));
    QSettings settings(folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat);
    settings.setValue(QStringLiteral("runs/folders"), QStringList{folder.path()});
    DesktopDialogs dialogs;
    ThreadRunner live, files;
    const auto start = Clock::now();
    RunsPage page({live, live, files}, dialogs, settings);
    page.resize(1366, 768);
    page.show();
    const QString wanted = QStringLiteral("%1 runs").arg(kRuns);
    while (page.statusText() != wanted)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    page.repaint();
    const double listed = msSince(start);
    while (!page.isSettled())
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    const double scored = msSince(start);
    std::printf("%-40s %5.0f ms, with their best k-NN %5.0f ms   %s\n", "200 runs of 2,000 steps opened",
                listed, scored, listed < 1000 ? "ok" : "MISSED");
    return listed < 1000;
}

}  // namespace

bool runRunBench() {
    const RunCurves curves = makeCurves();
    bool good = benchPlot(curves);
    good &= benchStack(curves);
    good &= benchRuns();
    good &= benchTraining();
    return good;
}

}  // namespace dinoscope
