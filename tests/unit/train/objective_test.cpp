#include "engine/train/objective.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <QtTest/QtTest>
#include <array>
#include <map>

#include "tests/unit/train/small_learner.h"

using namespace dinoscope;

namespace {

// As tests/golden/ssl/make_ablations.py has them.
constexpr std::int64_t kImages = 3;
constexpr std::int64_t kClasses = 4;
constexpr std::size_t kSteps = 3;
constexpr std::array<double, kSteps> kRates{0.02, 0.01, 0.005};
constexpr std::array<double, kSteps> kDecays{0.04, 0.1, 0.2};
constexpr std::array<double, kSteps> kMomenta{0.9, 0.95, 0.99};

std::string keyOf(const char* objective, const char* what) {
    return std::string(objective) + "." + what + ".";
}

/// By its length, or absolute where that is below 1: what is zero but for rounding has no length.
double offBy(const at::Tensor& found, const at::Tensor& expected) {
    return ((found - expected).norm() / expected.norm().clamp_min(1)).item<double>();
}

/// What some steps found.
struct Steps {
    std::vector<StepNumbers> numbers{};
    std::map<std::string, at::Tensor> gradients{};  ///< of the first step, before the clip
};

}  // namespace

/// What the method is compared with, against the formulas written out in PyTorch.
class ObjectiveTest : public QObject {
    Q_OBJECT

    const Golden views_{"ssl/ssl.safetensors"};
    const Golden golden_{"ssl/ablations.safetensors"};

    Learner makeLearner(const char* key, const std::shared_ptr<Objective>& objective,
                        TeacherUpdate update) const {
        LearnerOptions options;
        options.optimizer = "sgd";
        options.clip = 0.3;
        options.teacherUpdate = update;
        StateDict start;
        for (const auto& [name, tensor] : Golden("vit/vit.safetensors").below("weights."))
            start["backbone." + name] = tensor;
        for (const auto& [name, tensor] : golden_.below(keyOf(key, "start")))
            start[name] = tensor;
        copyWeights(objective->student(), start);
        std::erase_if(start, [](const auto& item) { return item.first.starts_with("head.predictor."); });
        copyWeights(objective->teacher(), start);
        return {objective, options, at::kCPU};
    }

    Learner makePredictor() const {
        DinoObjective::Options options = smallObjective();
        options.head.predictor = true;
        return makeLearner("predictor", makeSmallObjective(options), TeacherUpdate::Momentum);
    }

    Learner makeBaseline() const {
        return makeLearner(
            "supervised", std::make_shared<SupervisedObjective>(smallBackbone, kClasses, 0.0, 3, 1, at::kCPU),
            TeacherUpdate::Copy);
    }

    MicroBatch batchOf(std::size_t step) const {
        const std::string key = "train." + std::to_string(step) + ".";
        MicroBatch batch;
        batch.groups = {views_[key + "globals"], views_[key + "locals"]};
        batch.images = {0, 1, 2};
        batch.labels = golden_["supervised.labels"][std::int64_t(step)];
        return batch;
    }

    /// Micro-batches of `size` images each.
    Steps takeSteps(Learner& learner, std::int64_t size) const {
        Steps found;
        JobControl control;
        for (std::size_t step = 0; step < kSteps; ++step) {
            StepSettings settings;
            settings.step = std::int64_t(step);
            settings.images = kImages;
            settings.learningRate = kRates[step];
            settings.weightDecay = kDecays[step];
            settings.momentum = kMomenta[step];
            settings.teacherTemperature = 0.05;
            settings.freezeLastLayer = step == 0;
            learner.begin(settings);
            for (std::int64_t first = 0; first < kImages; first += size)
                learner.accumulate(part(batchOf(step), first, size), control);
            for (const NamedParameter& parameter : learner.optimizer().parameters()) {
                if (step == 0) found.gradients[parameter.name] = parameter.tensor.grad().clone();
            }
            learner.end();
        }
        found.numbers = learner.fetch();
        return found;
    }

    void compareSteps(const char* key, const Steps& found, std::size_t gradients) const {
        const at::Tensor losses = golden_[std::string(key) + ".losses"];
        QCOMPARE(found.numbers.size(), kSteps);
        for (std::size_t step = 0; step < kSteps; ++step) {
            const double off = found.numbers[step].loss - losses[std::int64_t(step)].item<double>();
            QVERIFY2(std::abs(off) < 1e-5, qPrintable(QString("step %1: %2").arg(step).arg(off)));
        }
        const StateDict expected = golden_.below(keyOf(key, "gradient"));
        QCOMPARE(expected.size(), gradients);
        for (const auto& [name, gradient] : expected) {
            QVERIFY2(found.gradients.contains(name), name.c_str());
            const double off = offBy(found.gradients.at(name), gradient);
            QVERIFY2(off < 1e-5, qPrintable(QString("%1: %2").arg(name.c_str()).arg(off)));
        }
    }

    void compareWeights(const char* key, const char* network, torch::nn::Module& module,
                        std::size_t count) const {
        const StateDict found = stateDict(module);
        const StateDict expected = golden_.below(keyOf(key, network));
        QCOMPARE(expected.size(), count);
        for (const auto& [name, tensor] : expected) {
            const double off = greatest(found.at(name), tensor);
            QVERIFY2(off < 1e-5, qPrintable(QString("%1 %2: %3").arg(network).arg(name.c_str()).arg(off)));
        }
    }

private Q_SLOTS:
    void stepsWithAPredictorEqualTheAlgorithmWrittenOut() {
        Learner learner = makePredictor();
        compareSteps("predictor", takeSteps(learner, kImages), 26);
        compareWeights("predictor", "student", learner.objective().student(), 6);
        compareWeights("predictor", "teacher", learner.objective().teacher(), 4);
        QVERIFY(greatest(learner.objective().centre(), golden_["predictor.centre"]) < 1e-5);
    }

    /// The labels' cross-entropy, of the first global view alone.
    void stepsWithLabelsEqualTheFormula_data() {
        QTest::addColumn<int>("size");
        QTest::newRow("the whole batch") << int(kImages);
        QTest::newRow("an image after the other") << 1;
    }

    void stepsWithLabelsEqualTheFormula() {
        QFETCH(int, size);
        Learner learner = makeBaseline();
        compareSteps("supervised", takeSteps(learner, size), 17);
        compareWeights("supervised", "student", learner.objective().student(), 4);
        compareWeights("supervised", "teacher", learner.objective().teacher(), 4);
        QVERIFY(!learner.objective().centre().defined());
    }
};

QTEST_APPLESS_MAIN(ObjectiveTest)
#include "objective_test.moc"
