#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <QtTest/QtTest>

#include "engine/nn/resnet50.h"
#include "engine/ssl/schedule.h"
#include "tests/unit/train/small_learner.h"

using namespace dinoscope;

namespace {

constexpr std::int64_t kImages = 4;

StepSettings settingsOf(std::int64_t step, std::int64_t images) {
    StepSettings settings;
    settings.step = step;
    settings.images = images;
    settings.learningRate = 1e-3;
    settings.weightDecay = 0.04;
    settings.momentum = 0.9;
    return settings;
}

void takeStep(Learner& learner, const StepSettings& settings, const std::vector<MicroBatch>& batches) {
    JobControl control;
    learner.begin(settings);
    for (const MicroBatch& batch : batches)
        learner.accumulate(batch, control);
    learner.end();
}

Learner makeLearner(const std::string& optimizer = "adamw",
                    const DinoObjective::Options& objective = smallObjective()) {
    LearnerOptions options;
    options.optimizer = optimizer;
    return {makeSmallObjective(objective), options, at::kCPU};
}

StateDict copyOf(const torch::nn::Module& module) {
    StateDict found;
    for (const auto& [name, tensor] : stateDict(module))
        found[name] = tensor.detach().clone();
    return found;
}

/// The head starts with deviations meant for layers of 2,048. Scaled up, narrow ones pass a signal on as
/// those do, and rounding is not blown up by dividing by the norm of next to nothing.
void scaleHead(Learner& learner) {
    const at::NoGradGuard guard;
    for (torch::nn::Module* module : {&learner.objective().student(), &learner.objective().teacher()}) {
        for (const auto& [name, tensor] : stateDict(*module)) {
            if (name.starts_with("head.mlp.") && tensor.dim() == 2) at::Tensor(tensor).mul_(8);
        }
    }
}

/// One, two and one image.
std::vector<MicroBatch> unequalParts(const MicroBatch& batch) {
    return {part(batch, 0, 1), part(batch, 1, 2), part(batch, 3, 1)};
}

/// The gradient; of a qkv bias the part of queries and values, for that of the keys is zero but for rounding.
at::Tensor withoutKeyBias(const NamedParameter& parameter) {
    const at::Tensor gradient = parameter.tensor.grad();
    if (!parameter.name.ends_with("qkv.bias")) return gradient;
    const std::int64_t dim = gradient.size(0) / 3;
    return at::cat({gradient.narrow(0, 0, dim), gradient.narrow(0, 2 * dim, dim)});
}

bool areEqual(const StateDict& a, const StateDict& b) {
    for (const auto& [name, tensor] : a) {
        if (!tensor.equal(b.at(name))) return false;
    }
    return true;
}

}  // namespace

class LearnerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void othersHaveTheirTurnWithinABackwardPass() {
        Learner learner = makeLearner();
        int turns = 0;
        JobControl control;
        control.setYield([&turns] { ++turns; });
        learner.begin(settingsOf(0, kImages));
        learner.accumulate(randomBatch(kImages, 1), control);
        // Three blocks and a head of a dozen operations each, for each group of views.
        QVERIFY2(turns > 60, qPrintable(QString::number(turns)));
        learner.end();
        QVERIFY(learner.fetch().front().taken);
    }

    void aStepThatIsCancelledAnywhereWithinLeavesNoTrace() {
        Learner undisturbed = makeLearner();
        takeStep(undisturbed, settingsOf(0, kImages), {randomBatch(kImages, 1)});
        const StateDict expected = copyOf(undisturbed.objective().student());
        Learner learner = makeLearner();
        for (const int turn : {1, 3, 20, 60}) {
            int turns = 0;
            JobControl control;
            control.setYield([&] {
                if (++turns == turn) control.cancel();
            });
            learner.begin(settingsOf(0, kImages));
            QVERIFY_THROWS_EXCEPTION(Cancelled, learner.accumulate(randomBatch(kImages, 1), control));
            learner.abandon();
        }
        takeStep(learner, settingsOf(0, kImages), {randomBatch(kImages, 1)});
        const StateDict found = copyOf(learner.objective().student());
        for (const auto& [name, tensor] : expected)
            QVERIFY2(at::equal(found.at(name), tensor), name.c_str());
    }

    void wholeStepsEqualTheAlgorithmWrittenOut() {
        const Golden golden("ssl/ssl.safetensors");
        LearnerOptions options;
        options.clip = 0.3;
        Learner learner(makeSmallObjective(), options, at::kCPU);
        StateDict start;
        for (const auto& [name, tensor] : Golden("vit/vit.safetensors").below("weights."))
            start["backbone." + name] = tensor;
        for (const auto& [name, tensor] : golden.below("train.start."))
            start[name] = tensor;
        copyWeights(learner.objective().student(), start);
        copyWeights(learner.objective().teacher(), start);
        const at::Tensor losses = golden["train.losses"];
        const std::int64_t steps = losses.size(0);
        const CosineSchedule rates(2e-3, 1e-5, steps, 2);
        const CosineSchedule decays(0.04, 0.4, steps);
        const CosineSchedule momenta(0.9, 1, steps);
        for (std::int64_t step = 0; step < steps; ++step) {
            MicroBatch batch;
            const std::string key = "train." + std::to_string(step) + ".";
            batch.groups = {golden[key + "globals"], golden[key + "locals"]};
            batch.images = {0, 1, 2};
            StepSettings settings;
            settings.step = step;
            settings.images = 3;
            settings.learningRate = rates.at(step);
            settings.weightDecay = decays.at(step);
            settings.momentum = momenta.at(step);
            settings.teacherTemperature = 0.05;
            settings.freezeLastLayer = step < 2;
            takeStep(learner, settings, {batch});
        }
        const std::vector<StepNumbers> numbers = learner.fetch();
        QCOMPARE(std::int64_t(numbers.size()), steps);
        for (std::int64_t step = 0; step < steps; ++step) {
            const double expected = losses[step].item<double>();
            QVERIFY2(std::abs(numbers[std::size_t(step)].loss - expected) < 1e-5,
                     qPrintable(QString("step %1").arg(step)));
        }
        QVERIFY(greatest(learner.objective().centre(), golden["train.centre"]) < 1e-5);
        for (const char* network : {"student", "teacher"}) {
            torch::nn::Module& module = std::string(network) == "student" ? learner.objective().student()
                                                                          : learner.objective().teacher();
            const StateDict found = stateDict(module);
            for (const auto& [name, expected] : golden.below(std::string("train.") + network + "."))
                QVERIFY2(greatest(found.at(name), expected) < 2e-5, name.c_str());
        }
    }

    void gradientsEqualTheAlgorithmWrittenOut() {
        const Golden golden("ssl/ssl.safetensors");
        Learner learner = makeLearner();
        StateDict start;
        for (const auto& [name, tensor] : Golden("vit/vit.safetensors").below("weights."))
            start["backbone." + name] = tensor;
        for (const auto& [name, tensor] : golden.below("train.start."))
            start[name] = tensor;
        copyWeights(learner.objective().student(), start);
        copyWeights(learner.objective().teacher(), start);
        MicroBatch batch;
        batch.groups = {golden["train.0.globals"], golden["train.0.locals"]};
        batch.images = {0, 1, 2};
        StepSettings settings = settingsOf(0, 3);
        settings.teacherTemperature = 0.05;
        JobControl control;
        learner.begin(settings);
        learner.accumulate(batch, control);
        for (const NamedParameter& parameter : learner.optimizer().parameters()) {
            const at::Tensor expected = golden["train.gradient." + parameter.name];
            QVERIFY2(greatest(parameter.tensor.grad(), expected) < 1e-5, parameter.name.c_str());
        }
    }

    void gradientsOfMicroBatchesAddUpToThoseOfTheBatch() {
        DinoObjective::Options objective = smallObjective();
        objective.dropPathRate = 0.2;
        JobControl control;
        for (std::int64_t step = 0; step < 3; ++step) {
            Learner whole = makeLearner("sgd", objective);
            Learner parts = makeLearner("sgd", objective);
            const MicroBatch batch = randomBatch(kImages, std::uint64_t(step));
            whole.begin(settingsOf(step, kImages));
            parts.begin(settingsOf(step, kImages));
            whole.accumulate(batch, control);
            for (const MicroBatch& micro : unequalParts(batch))
                parts.accumulate(micro, control);
            for (std::size_t i = 0; i < whole.optimizer().parameters().size(); ++i) {
                const at::Tensor a = withoutKeyBias(whole.optimizer().parameters()[i]);
                const at::Tensor b = withoutKeyBias(parts.optimizer().parameters()[i]);
                const double off = ((a - b).norm() / a.norm()).item<double>();
                const std::string& name = whole.optimizer().parameters()[i].name;
                QVERIFY2(off < 1e-5,
                         qPrintable(QString("step %1, %2: %3").arg(step).arg(name.c_str()).arg(off)));
            }
        }
    }

    void stepsOfMicroBatchesEqualThoseOfTheBatch_data() {
        QTest::addColumn<QString>("optimizer");
        QTest::newRow("sgd") << "sgd";
        QTest::newRow("adamw") << "adamw";
    }

    void stepsOfMicroBatchesEqualThoseOfTheBatch() {
        QFETCH(QString, optimizer);
        DinoObjective::Options objective = smallObjective();
        objective.dropPathRate = 0.2;
        Learner whole = makeLearner(optimizer.toStdString(), objective);
        Learner parts = makeLearner(optimizer.toStdString(), objective);
        scaleHead(whole);
        scaleHead(parts);
        for (std::int64_t step = 0; step < 20; ++step) {
            const MicroBatch batch = randomBatch(kImages, std::uint64_t(step));
            StepSettings settings = settingsOf(step, kImages);
            settings.teacherTemperature = 0.07;
            if (optimizer == "sgd") settings.learningRate = 1e-4;
            takeStep(whole, settings, {batch});
            takeStep(parts, settings, unequalParts(batch));
        }
        const std::vector<StepNumbers> a = whole.fetch();
        const std::vector<StepNumbers> b = parts.fetch();
        for (std::size_t i = 0; i < a.size(); ++i) {
            QVERIFY2(std::abs(a[i].loss - b[i].loss) < 1e-5, qPrintable(QString("step %1").arg(i)));
            QVERIFY(std::abs(a[i].entropy - b[i].entropy) < 1e-5);
        }
        QVERIFY(greatest(whole.objective().centre(), parts.objective().centre()) < 1e-5);
        if (optimizer == "adamw") return;  // turns the rounding of a key's bias into a step of full size
        const StateDict left = stateDict(whole.objective().student());
        for (const auto& [name, tensor] : stateDict(parts.objective().student()))
            QVERIFY2(greatest(tensor, left.at(name)) < 1e-5, name.c_str());
    }

    void aStepThatIsNotFiniteChangesNothingNorDoThoseAfterIt() {
        Learner learner = makeLearner();
        takeStep(learner, settingsOf(0, kImages), {randomBatch(kImages, 1)});
        const StateDict student = copyOf(learner.objective().student());
        const StateDict teacher = copyOf(learner.objective().teacher());
        const at::Tensor centre = learner.objective().centre().clone();
        std::vector<at::Tensor> moments;
        for (const OptimizerState& state : learner.optimizer().state())
            moments.push_back(state.at("exp_avg").clone());
        MicroBatch broken = randomBatch(kImages, 2);
        broken.groups[1][0].fill_(INFINITY);
        takeStep(learner, settingsOf(1, kImages), {broken});
        takeStep(learner, settingsOf(2, kImages), {randomBatch(kImages, 3)});
        QVERIFY(areEqual(student, stateDict(learner.objective().student())));
        QVERIFY(areEqual(teacher, stateDict(learner.objective().teacher())));
        QVERIFY(centre.equal(learner.objective().centre()));
        for (std::size_t i = 0; i < moments.size(); ++i)
            QVERIFY(moments[i].equal(learner.optimizer().state()[i].at("exp_avg")));
        const std::vector<StepNumbers> numbers = learner.fetch();
        QVERIFY(numbers[0].taken && !numbers[1].taken && !numbers[2].taken);
    }

    void aFrozenLastLayerStaysOutOfTheStep() {
        Learner learner = makeLearner();
        const auto prototypes = [&] {
            return stateDict(learner.objective().student()).at("head.last_layer.weight_v").detach().clone();
        };
        const auto stepsTaken = [&] {
            const std::vector<NamedParameter>& parameters = learner.optimizer().parameters();
            for (std::size_t i = 0; i < parameters.size(); ++i) {
                if (parameters[i].name == "head.last_layer.weight_v")
                    return learner.optimizer().state()[i].at("step").item<double>();
            }
            return -1.0;
        };
        const at::Tensor before = prototypes();
        StepSettings settings = settingsOf(0, kImages);
        settings.freezeLastLayer = true;
        takeStep(learner, settings, {randomBatch(kImages, 1)});
        QVERIFY(prototypes().equal(before));
        QCOMPARE(stepsTaken(), 0.0);
        settings.freezeLastLayer = false;
        takeStep(learner, settings, {randomBatch(kImages, 2)});
        QVERIFY(!prototypes().equal(before));
        QCOMPARE(stepsTaken(), 1.0);
    }

    void theTeacherCanCopyTheStudentOrWaitForTheEpoch() {
        LearnerOptions options;
        options.teacherUpdate = TeacherUpdate::Copy;
        Learner copying(makeSmallObjective(), options, at::kCPU);
        takeStep(copying, settingsOf(0, kImages), {randomBatch(kImages, 1)});
        QVERIFY(areEqual(copyOf(copying.objective().student()), stateDict(copying.objective().teacher())));

        options.teacherUpdate = TeacherUpdate::PreviousEpoch;
        Learner waiting(makeSmallObjective(), options, at::kCPU);
        const StateDict start = copyOf(waiting.objective().teacher());
        takeStep(waiting, settingsOf(0, kImages), {randomBatch(kImages, 1)});
        QVERIFY(areEqual(start, stateDict(waiting.objective().teacher())));
        waiting.endEpoch();
        QVERIFY(areEqual(copyOf(waiting.objective().student()), stateDict(waiting.objective().teacher())));
    }

    void numbersOfAStepBelongTogether() {
        Learner learner = makeLearner();
        takeStep(learner, settingsOf(0, kImages), {randomBatch(kImages, 1)});
        const StepNumbers numbers = learner.fetch().at(0);
        QVERIFY(numbers.entropy > 0 && numbers.entropy < std::log(24.0));
        QVERIFY(std::abs(numbers.loss - numbers.entropy - numbers.kl) < 1e-6);
        QVERIFY(numbers.gradientNorm > 0 && numbers.centreNorm > 0);
    }

    void thePredictorIsTheStudentsAlone() {
        DinoObjective::Options options = smallObjective();
        options.head.predictor = true;
        Learner learner = makeLearner("adamw", options);
        takeStep(learner, settingsOf(0, kImages), {randomBatch(kImages, 1)});
        QVERIFY(learner.fetch().at(0).taken);
        QVERIFY(!stateDict(learner.objective().teacher()).contains("head.predictor.0.weight"));
    }

    /// Nobody else need bring them to the device.
    void labelsTeachTheSupervisedBaseline() {
        QVERIFY(!makeSmallObjective()->readsLabels());
        const auto objective = std::make_shared<SupervisedObjective>(smallBackbone, 2, 0.0, 3, 1, at::kCPU);
        QVERIFY(objective->readsLabels());
        LearnerOptions options;
        options.teacherUpdate = TeacherUpdate::Copy;
        Learner learner(objective, options, at::kCPU);
        MicroBatch batch = randomBatch(kImages, 1);
        batch.labels = at::tensor({0, 1, 0, 1}, at::kLong);
        batch.groups[0].add_(batch.labels.repeat({2}).to(at::kFloat).view({-1, 1, 1, 1}), 2);
        for (std::int64_t step = 0; step < 12; ++step)
            takeStep(learner, settingsOf(step, kImages), {batch});
        const std::vector<StepNumbers> numbers = learner.fetch();
        QVERIFY(std::abs(numbers.front().loss - std::log(2.0)) < 0.1);
        QVERIFY(numbers.back().loss < 0.5 * numbers.front().loss);
    }

    /// It computes nothing itself, and is what everyone looks at.
    void theSupervisedTeacherHasTheStatisticsOfTheStudent() {
        const auto backbone = [] { return ResNet50(1).ptr(); };
        Learner learner(std::make_shared<SupervisedObjective>(backbone, 2, 0.0, 1, 1, at::kCPU), {},
                        at::kCPU);
        MicroBatch batch = randomBatch(2, 1);
        batch.labels = at::tensor({0, 1}, at::kLong);
        takeStep(learner, settingsOf(0, 2), {batch});
        const StateDict student = stateDict(learner.objective().student());
        const StateDict teacher = stateDict(learner.objective().teacher());
        for (const char* name : {"backbone.bn1.running_mean", "backbone.layer4.0.bn1.running_var",
                                 "backbone.bn1.num_batches_tracked"}) {
            QVERIFY2(teacher.at(name).equal(student.at(name)), name);
        }
        QCOMPARE(teacher.at("backbone.bn1.num_batches_tracked").item<std::int64_t>(), std::int64_t(1));
    }

    void dropPathDrawsDependOnTheImageNotOnItsPlace() {
        const MicroBatch batch = randomBatch(kImages, 1);
        const auto all = dropPathKeys(batch, 1, 7);
        const auto last = dropPathKeys(part(batch, 3, 1), 1, 7);
        QCOMPARE(all[0].size(), 8U);
        QCOMPARE(all[1].size(), 12U);
        QCOMPARE(last[0][1], all[0][7]);
        QCOMPARE(last[1][2], all[1][11]);
        QVERIFY(dropPathKeys(batch, 1, 8)[0][0] != all[0][0]);
        QVERIFY(dropPathKeys(batch, 2, 7)[0][0] != all[0][0]);
    }
};

QTEST_APPLESS_MAIN(LearnerTest)
#include "learner_test.moc"
