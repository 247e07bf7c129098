#pragma once

#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <memory>

#include "engine/api/core.h"
#include "engine/api/images.h"
#include "engine/api/run.h"
#include "engine/weights/safetensors_file.h"
#include "tests/gui/window_fixture.h"
#include "ui/bridge/paths.h"
#include "ui/theme.h"

namespace dinoscope {

/// Run folders as a trainer leaves them, and what the pages about runs need, on real threads.
class RunFixture {
public:
    static constexpr int kStepsPerEpoch = 10;
    static constexpr int kEpochs = 4;

    RunFixture() : settings(folder_.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat) {}

    Runners runners() { return {live_, live_, files_}; }
    std::filesystem::path path(const std::string& name) const {
        return filePath(folder_.filePath(QString::fromStdString(name)));
    }

    /// A run of 4 epochs with 10 steps each, `steps` of them behind it.
    std::filesystem::path makeRun(const std::string& name, int steps, double teacherTemp = 0.04) {
        const std::filesystem::path run = path(name);
        std::filesystem::create_directories(run / "probes" / "pictures");
        RunRecord record{OptionValues(trainOptions()),
                         {"/pictures", "0123456789abcdef", 100, 2},
                         {"0.1", "2.7", "cpu", "fp32", "avx2", 1},
                         "2026-01-02T10:00:00Z"};
        record.options.set("epochs", OptionValue(std::int64_t(kEpochs)));
        record.options.set("batch-size-per-gpu", OptionValue(std::int64_t(10)));
        record.options.set("teacher-temp", OptionValue(teacherTemp));
        writeFileAtomically(run / "run.toml", formatRunRecord(record));
        addSteps(run, 0, steps);
        return run;
    }

    static void addSteps(const std::filesystem::path& run, int from, int to) {
        MetricsWriter writer(run / "metrics.jsonl");
        for (int i = from; i < to; ++i) {
            StepMetrics step;
            step.step = i;
            step.epoch = i / kStepsPerEpoch;
            step.loss = 9 - 0.05 * i;
            step.teacherEntropy = step.loss - 1;
            step.kl = 1;
            step.learningRate = 0.0005;
            step.teacherTemp = 0.04;
            step.weightDecay = 0.04;
            step.momentum = 0.996;
            step.gradientNorm = 1 + i % 3;
            step.imagesPerSecond = 100;
            step.seconds = i + 1;
            writer.add(step);
            if (i % kStepsPerEpoch == kStepsPerEpoch - 1)
                writer.add(EpochMetrics{.step = i, .epoch = i / kStepsPerEpoch, .knnTop1 = 40.0 + i});
        }
        writer.sync();
    }

    /// A look at an image after so many epochs: two layers of two heads over 2 x 3 patches.
    static void addLook(const std::filesystem::path& run, const std::string& image, int epochs,
                        bool student = true, bool neighbours = true) {
        const std::string number = image.substr(0, 1);
        const std::string file = "probes/epoch" + std::to_string(epochs) + "-" + number;
        Image picture(96, 64);
        for (std::size_t i = 0; i < picture.pixels.size(); ++i)
            picture.pixels[i] = std::uint8_t(i % 251);
        writeJpeg(run / "probes/pictures" / (number + ".jpg"), picture, 90);
        writeJpeg(run / "probes/pictures/5.jpg", picture, 90);
        std::vector<std::uint16_t> values(24);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = std::uint16_t(0x2c00 + ((i + std::size_t(epochs)) % 7) * 0x100);
        const std::vector<std::int64_t> numbers{5, 6};
        const std::vector<float> similarities{0.875F, 0.5F};
        std::vector<SafetensorsItem> items{
            {"teacher", ElementType::F16, {2, 2, 2, 3}, std::as_bytes(std::span(values))}};
        if (neighbours) {
            items.push_back({"neighbours", ElementType::I64, {2}, std::as_bytes(std::span(numbers))});
            items.push_back({"similarities", ElementType::F32, {2}, std::as_bytes(std::span(similarities))});
        }
        if (student)
            items.push_back({"student", ElementType::F16, {2, 2, 2, 3}, std::as_bytes(std::span(values))});
        writeSafetensors(run / file, items,
                         {{"picture", "pictures/" + number + ".jpg"},
                          {"first-layer", "0"},
                          {"neighbour-0", "cats/" + std::to_string(epochs) + ".jpg"},
                          {"neighbour-1", "dogs/9.jpg"}});
        MetricsWriter writer(run / "metrics.jsonl");
        writer.add(ProbeMetrics{std::max(0, epochs * kStepsPerEpoch - 1), epochs, image, file});
        writer.sync();
    }

    /// Until a page has read what there is: by events.
    template <typename Page>
    [[nodiscard]] static bool settle(Page& page) {
        QSignalSpy activity(&page, &Page::activityChanged);
        while (!page.isSettled()) {
            if (!activity.wait(30000)) return page.isSettled();
        }
        QCoreApplication::processEvents();
        return page.isSettled() || settle(page);
    }

private:
    QTemporaryDir folder_;

public:
    QSettings settings;
    FakeDialogs dialogs;

private:
    ThreadRunner live_;
    ThreadRunner files_;
};

}  // namespace dinoscope
