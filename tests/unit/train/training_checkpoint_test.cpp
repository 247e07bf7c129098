#include "engine/train/training_checkpoint.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <QTemporaryDir>
#include <QtTest/QtTest>
#include <memory>

#include "engine/train/initial_weights.h"
#include "engine/train/run/train_options.h"
#include "engine/weights/save.h"
#include "tests/unit/train/run/run_test_tools.h"
#include "tests/unit/train/small_learner.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

Learner makeLearner(const std::string& optimizer = "adamw",
                    const DinoObjective::Options& objective = smallObjective()) {
    LearnerOptions options;
    options.optimizer = optimizer;
    return {makeSmallObjective(objective), options, at::kCPU};
}

void takeStep(Learner& learner) {
    JobControl control;
    StepSettings settings;
    settings.images = 2;
    settings.learningRate = 1e-3;
    settings.momentum = 0.9;
    learner.begin(settings);
    learner.accumulate(randomBatch(2, 1), control);
    learner.end();
}

bool areEqual(const torch::nn::Module& a, const torch::nn::Module& b) {
    const StateDict other = stateDict(b);
    for (const auto& [name, tensor] : stateDict(a)) {
        if (!tensor.equal(other.at(name))) return false;
    }
    return true;
}

/// What loadTraining() says of a file, and whether it takes it for a damaged one.
struct Refusal {
    std::string sentence{};
    bool damaged = false;
};

Refusal refusalOf(const fs::path& file, const std::string& optimizer = "adamw",
                  const DinoObjective::Options& objective = smallObjective()) {
    Learner learner = makeLearner(optimizer, objective);
    try {
        loadTraining(file, learner);
    } catch (const DamagedCheckpoint& error) {
        return {error.what(), true};
    } catch (const Error& error) {
        return {error.what(), false};
    }
    return {};
}

}  // namespace

class TrainingCheckpointTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path file_;

    void save(Learner& learner) const {
        const TrainingState state{{3, 5}, {7, 9}};
        saveTraining(file_, learner, {}, state, OptionValues(trainOptions()));
    }
    void saveNew() const {
        Learner learner = makeLearner();
        save(learner);
    }

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        file_ = fs::path(folder_->path().toStdString()) / "epoch0003.pth";
    }

    void whatIsWrittenIsReadBack() {
        Learner learner = makeLearner();
        takeStep(learner);
        save(learner);
        Learner other = makeLearner();
        const TrainingState state = loadTraining(file_, other);
        QVERIFY((state.position == RunPosition{3, 5}));
        QCOMPARE(state.badImages, (std::vector<std::int64_t>{7, 9}));
        QVERIFY(areEqual(learner.objective().student(), other.objective().student()));
        QVERIFY(areEqual(learner.objective().teacher(), other.objective().teacher()));
        QVERIFY(learner.objective().centre().equal(other.objective().centre()));
        const auto kept = learner.optimizer().state();
        const auto read = other.optimizer().state();
        QCOMPARE(read.size(), kept.size());
        for (std::size_t i = 0; i < kept.size(); ++i) {
            for (const auto& [name, tensor] : kept[i])
                QVERIFY(tensor.equal(read[i].at(name)));
        }
    }

    void whatIsCutShortOrOverwrittenIsDamaged() {
        saveNew();
        const std::string whole = contentOf(file_);
        for (const std::size_t length :
             {std::size_t(0), std::size_t(3), std::size_t(100), whole.size() / 2, whole.size() - 1}) {
            writeContent(file_, whole.substr(0, length));
            const Refusal refusal = refusalOf(file_);
            QVERIFY2(refusal.damaged, (std::to_string(length) + ": " + refusal.sentence).c_str());
            VERIFY_SAYS(refusal.sentence, "epoch0003.pth: the checkpoint cannot be read: ");
        }
        std::string changed = whole;
        changed[changed.find("optimizer")] = 'O';  // in data.pkl, whose checksum is known
        writeContent(file_, changed);
        QVERIFY(refusalOf(file_).damaged);
        changed = whole;
        changed[whole.size() / 2] ^= 1;  // in a tensor
        writeContent(file_, changed);
        VERIFY_SAYS(refusalOf(file_).sentence, "the checksum of its entry archive/data/");
        QVERIFY(refusalOf(file_).damaged);
        writeContent(file_, std::string(whole.size(), '\0'));
        QVERIFY(refusalOf(file_).damaged);
    }

    void whatDoesNotFitIsWhole() {
        saveNew();
        DinoObjective::Options wider = smallObjective();
        wider.head.outDim = 32;
        const Refusal shape = refusalOf(file_, "adamw", wider);
        VERIFY_SAYS(shape.sentence, "has another shape than these options ask for");
        QVERIFY(!shape.damaged);
        const Refusal state = refusalOf(file_, "sgd");
        QVERIFY(!state.sentence.empty() && !state.damaged);
        writeTorchFile(file_, TorchValue::dict({{"epoch", 3}}));
        const Refusal foreign = refusalOf(file_);
        VERIFY_SAYS(foreign.sentence, "resume from a checkpoint that dino train wrote");
        QVERIFY(!foreign.damaged);
    }

    void aNewerOneIsRefusedWhateverItIsReadFor() {
        TorchValue::Entries tensors;
        tensors.emplace_back("backbone.cls_token", tensorValue(at::zeros({1, 1, 32})));
        writeTorchFile(file_, TorchValue::dict({{"student", TorchValue::orderedDict(tensors)},
                                                {"teacher", TorchValue::orderedDict(tensors)},
                                                {"dinoscope", TorchValue::dict({{"format", 2}})}}));
        const std::string sentence =
            "epoch0003.pth: the checkpoint is of format 2, this program reads up to 1; update Dinoscope";
        const Refusal resume = refusalOf(file_);
        VERIFY_SAYS(resume.sentence, sentence);
        QVERIFY(!resume.damaged);
        JobControl control;
        const auto objective = makeSmallObjective();
        VERIFY_SAYS(errorOf([&] { loadInitialWeights(file_, {}, *objective, control); }), sentence);
        VERIFY_SAYS(errorOf([&] { loadInitialWeights(file_, "teacher", *objective, control); }), sentence);
        VERIFY_SAYS(errorOf([&] { loadBackbone(file_, {}, control); }), sentence);
        VERIFY_SAYS(errorOf([&] { inspect(file_); }), sentence);
        VERIFY_SAYS(errorOf([&] { const Checkpoint checkpoint(file_); }), sentence);
    }

    void oneOfThisFormatIsReadForAll() {
        saveNew();
        JobControl control;
        const auto objective = makeSmallObjective();
        QCOMPARE(errorOf([&] { loadInitialWeights(file_, {}, *objective, control); }), std::string());
    }
};

QTEST_APPLESS_MAIN(TrainingCheckpointTest)
#include "training_checkpoint_test.moc"
