#include "engine/train/memory_plan.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <cmath>
#include <map>

#include "engine/train/run/train_options.h"
#include "tests/unit/train/run/run_test_tools.h"

using namespace dinoscope;

namespace {

OptionValues with(const std::map<std::string, std::string>& given) {
    OptionValues values(trainOptions());
    for (const auto& [key, text] : given)
        values.set(key, std::string_view(text));
    return values;
}

MemoryPlan planOf(const std::map<std::string, std::string>& given, bool resumes = false) {
    return planMemory(with(given), {2, 0}, {at::Device(at::kCPU), false, 1}, resumes);
}

std::string adviceOf(const MemoryPlan& plan) {
    std::string all;
    for (const MemoryPlan::Advice& each : plan.advice)
        all += each.sentence + "\n";
    return all;
}

/// "… takes 1.24 GB", in bytes.
double bytesAfter(const std::string& text, const std::string& words) {
    const QString rest = QString::fromStdString(text).section(QString::fromStdString(words + " takes "), 1);
    return rest.section(' ', 0, 0).toDouble() * (rest.section(' ', 1, 1).startsWith("GB") ? 1e9 : 1e6);
}

const std::map<std::string, std::string> kSmall{
    {"arch", "vit_tiny"},        {"img-size", "64"},   {"global-crop-size", "64"}, {"local-crop-size", "32"},
    {"batch-size-per-gpu", "8"}, {"micro-batch", "8"}, {"out-dim", "8192"}};

/// No machine has that much.
const std::map<std::string, std::string> kTooLarge{
    {"arch", "vit_base"}, {"batch-size-per-gpu", "65536"}, {"micro-batch", "65536"}};

std::map<std::string, std::string> changed(std::map<std::string, std::string> options,
                                           const std::map<std::string, std::string>& changes) {
    for (const auto& [key, text] : changes)
        options[key] = text;
    return options;
}

/// Of a card that has room, in a machine of 4 GB.
MemoryPlan planOfCard(std::int64_t crops, std::int64_t cache) {
    MemoryPlan plan;
    plan.available = plan.hostAvailable = 4'000'000'000;
    plan.hostParts = {{"crops", crops}, {"decoded images", cache}};
    plan.hostTotal = crops + cache;
    plan.batch = 64;
    plan.largestBatch = 16;
    return plan;
}

}  // namespace

class MemoryPlanTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatDoesNotFitIsRefusedWithTheNumbers() {
        const MemoryPlan plan = planOf(kTooLarge);
        QVERIFY(!plan.fits());
        const std::string said = errorOf([&] { refuseWhatDoesNotFit(plan); });
        VERIFY_SAYS(said, "--batch-size-per-gpu 65536: the training needs " + formatBytes(plan.total) +
                              " of memory and " + formatBytes(plan.available) + " are free");
        VERIFY_SAYS(said, "--accumulate");
        VERIFY_SAYS(said, "; --force starts all the same");
        QCOMPARE(errorOf([] { refuseWhatDoesNotFit(planOfCard(1, 1)); }), std::string());
    }

    void aRunThatHasBegunIsToldOnlyWhatItMayChange() {
        const MemoryPlan plan = planOf(kTooLarge, true);
        const std::string said = errorOf([&] { refuseWhatDoesNotFit(plan); });
        VERIFY_SAYS(said, "--micro-batch 32768 takes ");
        VERIFY_SAYS(said, "--activation-checkpointing takes ");
        const std::string remedy = said.substr(said.find(';'));
        for (const char* fixed : {"--batch-size-per-gpu", "--accumulate", "--out-dim"})
            QVERIFY2(remedy.find(fixed) == std::string::npos, said.c_str());
    }

    void whereMemoryRanOutACheckpointGoesOnWithWhatMayChange() {
        const MemoryPlan plan = planOf(kSmall);
        const std::string anew = memoryRanOut(plan, false).what();
        VERIFY_SAYS(anew, "--out-dim 2048 takes ");
        const std::string on = memoryRanOut(plan, true).what();
        VERIFY_SAYS(on, "--resume goes on from it; --micro-batch 4 takes ");
        QVERIFY(on.find("--out-dim") == std::string::npos && on.find("--accumulate") == std::string::npos);
    }

    void whereTheNumbersDependOnMicroBatchesTheBatchIsWhole() {
        VERIFY_SAYS(adviceOf(planOf(kSmall)), "with the same numbers");
        for (const auto& [key, text] :
             {std::pair("targets", "sinkhorn"), std::pair("use-bn-in-head", "true")}) {
            const MemoryPlan plan = planOf(changed(kSmall, {{key, text}}));
            QCOMPARE(plan.microBatch, plan.batch);
            const std::string advice = adviceOf(plan);
            QVERIFY2(advice.find("with the same numbers") == std::string::npos, advice.c_str());
            VERIFY_SAYS(advice, "--micro-batch 4 takes ");
            VERIFY_SAYS(advice, " with the statistics of 4 images instead of 8");
        }
    }

    void halfABatchIsToldAsItWillBePlanned() {
        const std::string advice = adviceOf(planOf(kSmall));
        const MemoryPlan halved =
            planOf(changed(kSmall, {{"batch-size-per-gpu", "4"}, {"accumulate", "2"}, {"micro-batch", "4"}}));
        const double told = bytesAfter(advice, "--batch-size-per-gpu 4 --accumulate 2 --micro-batch 4");
        QVERIFY2(std::abs(told - double(halved.total)) < 1.2e7, advice.c_str());
        // Gradients that add up find no room where activations have gone.
        const MemoryPlan once = planOf(changed(kSmall, {{"batch-size-per-gpu", "4"}, {"micro-batch", "4"}}));
        QVERIFY(halved.total > once.total);
    }

    void theLargestBatchIsOneThatMayBeAskedFor() {
        // An image takes some kilobytes.
        const MemoryPlan plan = planOf({{"arch", "resnet50"},
                                        {"objective", "supervised"},
                                        {"global-crop-size", "1"},
                                        {"batch-size-per-gpu", "2"}});
        QVERIFY(plan.largestBatch > 1000);
        QVERIFY2(plan.largestBatch <= 65536, std::to_string(plan.largestBatch).c_str());
    }

    void aCardsMachineMustHoldTheCropsAndTheDecodedImages() {
        const std::string cache =
            errorOf([] { refuseWhatDoesNotFit(planOfCard(2'000'000'000, 8'000'000'000)); });
        VERIFY_SAYS(cache, "crops and decoded images need 10.00 GB of main memory and 4.00 GB are free");
        VERIFY_SAYS(cache, "--cache-memory 1907 would fit");
        const std::string crops = errorOf([] { refuseWhatDoesNotFit(planOfCard(9'000'000'000, 0)); });
        VERIFY_SAYS(crops, "--batch-size-per-gpu 64: ");
        VERIFY_SAYS(crops, "--batch-size-per-gpu 16 would fit");
        MemoryPlan begun = planOfCard(9'000'000'000, 0);
        begun.resumes = true;
        VERIFY_SAYS(errorOf([&] { refuseWhatDoesNotFit(begun); }), "free some memory");
    }
};

QTEST_APPLESS_MAIN(MemoryPlanTest)
#include "memory_plan_test.moc"
