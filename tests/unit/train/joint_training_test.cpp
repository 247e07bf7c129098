#include "engine/train/joint_training.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <array>
#include <atomic>
#include <cmath>

#include "tests/unit/scale/group_fixture.h"
#include "tests/unit/train/small_learner.h"

using namespace dinoscope;

namespace {

using Group = std::shared_ptr<ProcessGroup>;

QString told(const std::exception_ptr& failure) {
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const Cancelled&) {
        return "cancelled";
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

Learner makeLearner() {
    return {makeSmallObjective(smallObjective()), LearnerOptions{}, at::kCPU};
}

StepSettings settingsOf(std::int64_t images) {
    StepSettings settings;
    settings.images = images;
    settings.learningRate = 1e-3;
    settings.weightDecay = 0.04;
    settings.momentum = 0.9;
    return settings;
}

/// A sum over all that a step changes.
double signOf(Learner& learner) {
    at::Tensor sum = at::zeros({}, at::kDouble);
    for (torch::nn::Module* module : {&learner.objective().student(), &learner.objective().teacher()}) {
        for (const at::Tensor& parameter : module->parameters())
            sum += parameter.detach().to(at::kDouble).abs().sum();
    }
    return (sum + learner.objective().centre().to(at::kDouble).abs().sum()).item<double>();
}

}  // namespace

class JointTrainingTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSharedStepIsThatOfOneProcessWithAllBatches() {
        const std::vector<MicroBatch> batches{randomBatch(2, 1), randomBatch(2, 2)};
        JobControl control;
        Learner alone = makeLearner();
        alone.begin(settingsOf(4));
        for (const MicroBatch& batch : batches)
            alone.accumulate(batch, control);
        alone.end();
        const StepNumbers expected = alone.fetch().front();

        std::array<double, 2> signs{};
        std::array<StepNumbers, 2> numbers;
        rethrowAny(inProcesses(2, [&](const Group& group) {
            const auto rank = static_cast<std::size_t>(group->rank());
            JobControl own;
            Learner learner = makeLearner();
            learner.begin(settingsOf(4));
            learner.accumulate(batches[rank], own);
            learner.share(*group);
            learner.end();
            numbers[rank] = learner.fetch().front();
            signs[rank] = signOf(learner);
        }));
        QCOMPARE(signs[0], signs[1]);
        QCOMPARE(signs[0], signOf(alone));
        for (const StepNumbers& found : numbers) {
            QCOMPARE(found.loss, expected.loss);
            QCOMPARE(found.entropy, expected.entropy);
            QCOMPARE(found.gradientNorm, expected.gradientNorm);
            QCOMPARE(found.centreNorm, expected.centreNorm);
            QVERIFY(found.taken);
        }
    }

    void aStepThatIsNotFiniteInOneChangesNothingInAll() {
        std::atomic<int> right = 0;
        rethrowAny(inProcesses(2, [&](const Group& group) {
            JobControl own;
            Learner learner = makeLearner();
            const double before = signOf(learner);
            MicroBatch batch = randomBatch(2, 1);
            if (group->rank() == 1) batch.groups[0].fill_(std::nan(""));
            learner.begin(settingsOf(4));
            learner.accumulate(batch, own);
            learner.share(*group);
            learner.end();
            right += !learner.fetch().front().taken && signOf(learner) == before;
        }));
        QCOMPARE(right.load(), 2);
    }

    void allHaveTheStateOfProcess0() {
        std::array<double, 3> signs{};
        std::atomic<int> right = 0;
        rethrowAny(inProcesses(3, [&](const Group& group) {
            JobControl own;
            Learner learner = makeLearner();
            TrainingState state;
            if (group->rank() == 0) {
                learner.begin(settingsOf(2));
                learner.accumulate(randomBatch(2, 5), own);
                learner.end();
                state.position = {3, 7};
                state.badImages = {2, 11};
            }
            shareState(*group, learner, state);
            signs[std::size_t(group->rank())] = signOf(learner);
            const auto moments = learner.optimizer().state().front().at("exp_avg");
            right += state.position == RunPosition{3, 7} &&
                     state.badImages == std::vector<std::int64_t>{2, 11} &&
                     moments.abs().sum().item<float>() > 0;
        }));
        QCOMPARE(right.load(), 3);
        QCOMPARE(signs[0], signs[1]);
        QCOMPARE(signs[0], signs[2]);
    }

    void whereOneIsCancelledAllAre() {
        const auto failures = inProcesses(3, [](const Group& group) {
            agreeToGoOn(*group, false);
            agreeToGoOn(*group, group->rank() == 1);
        });
        for (const std::exception_ptr& failure : failures)
            QCOMPARE(told(failure), QString("cancelled"));
    }

    void whatOthersCouldNotReadIsGathered() {
        std::vector<BadImage> found;
        rethrowAny(inProcesses(3, [&](const Group& group) {
            const std::vector<std::vector<BadImage>> bad{
                {{5, "its own"}}, {{3, "cut short"}, {9, "caf\xe9 is gone", true}}, {}};
            const auto elsewhere = gatherBadImages(*group, bad[std::size_t(group->rank())]);
            if (group->rank() == 0) found = elsewhere;
        }));
        QCOMPARE(found.size(), std::size_t{2});
        QCOMPARE(found[0].image, std::int64_t{3});
        QCOMPARE(found[0].reason, std::string("cut short"));
        QVERIFY(!found[0].isMissing);
        QCOMPARE(found[1].image, std::int64_t{9});
        QVERIFY(found[1].isMissing);
    }

    void whatFailsInOneFailsInAll() {
        const auto failures = inProcesses(3, [](const Group& group) {
            together(*group, [&]() -> std::vector<Statement> {
                if (group->rank() == 2) throw UsageError("there is no such folder", "/x", "name another");
                return {};
            });
        });
        QCOMPARE(told(failures[2]), QString("/x: there is no such folder; name another"));
        for (const std::size_t rank : {0, 1})
            QCOMPARE(told(failures[rank]),
                     QString("process 2: it cannot take part: /x: there is no such folder; name another"));
    }

    void aPreparationThatIsCancelledInOneIsInAll() {
        const auto failures = inProcesses(2, [](const Group& group) {
            together(*group, [&]() -> std::vector<Statement> {
                if (group->rank() == 1) throw Cancelled();
                return {};
            });
        });
        QCOMPARE(told(failures[0]), QString("cancelled"));
        QCOMPARE(told(failures[1]), QString("cancelled"));
    }

    void whatIsNotEqualIsNamed() {
        const auto failures = inProcesses(3, [](const Group& group) {
            together(*group, [&]() -> std::vector<Statement> {
                return {{"--seed", "a"}, {"--lr", group->rank() == 1 ? "2" : "1"}};
            });
        });
        for (const std::exception_ptr& failure : failures)
            QVERIFY2(told(failure).startsWith("process 1: its --lr is '2', and that of process 0 '1';"),
                     qPrintable(told(failure)));
    }

    void allButTheFirstKnowThatItIsTold() {
        const auto failures = inProcesses(2, [](const Group& group) {
            together(*group, []() -> std::vector<Statement> { throw UsageError("no", "--data", "yes"); });
        });
        QVERIFY_THROWS_EXCEPTION(UsageError, std::rethrow_exception(failures[0]));
        try {
            std::rethrow_exception(failures[1]);
        } catch (const ToldByFirst& error) {
            QVERIFY(error.isWrongUsage());
        }
    }
};

QTEST_GUILESS_MAIN(JointTrainingTest)
#include "joint_training_test.moc"
