#include <ATen/ATen.h>

#include <QTemporaryDir>
#include <QtTest>

#include "engine/api/kept_teacher.h"
#include "engine/api/model_impl.h"
#include "engine/base/atomic_file.h"
#include "engine/neighbours/features.h"
#include "engine/nn/resnet50.h"
#include "engine/train/live_teacher.h"

using namespace dinoscope;
using namespace dinoscope::api;
namespace fs = std::filesystem;

namespace {

VitConfig smallConfig() {
    VitConfig config;
    config.dim = 64;
    config.depth = 2;
    config.heads = 2;
    config.patchSize = 8;
    config.imageSize = 32;
    config.mlpDim = 128;
    return config;
}

std::shared_ptr<const Model> load(const fs::path& file) {
    JobControl control;
    ModelSource source;
    source.weights = file.string();
    return Model::load(source, {}, control);
}

}  // namespace

class KeptTeacherTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    fs::path run() const { return folder_.path().toStdString(); }

private Q_SLOTS:
    void cleanup() { fs::remove_all(run() / "teachers"); }

    void theFileIsTheTeacherOfThatMoment() {
        const VitConfig config = smallConfig();
        StateDict weights = initialWeights(config, 1);
        RunPosition position{3, 4};
        const LiveTeacher teacher(
            run(), config, false, [&] { return weights; }, [&] { return position; });
        const std::optional<fs::path> kept = keepTeacher(run());
        QVERIFY(kept && *kept == run() / "teachers/epoch0003-step000004.safetensors");
        const std::string fingerprint = weightsFingerprint(config, weights);
        weights = initialWeights(config, 2);
        position = {4, 0};
        const auto model = load(*kept);
        QCOMPARE(model->impl().fingerprint, fingerprint);
        QCOMPARE(model->info().heads, 2);  // a width of 64 would be taken for one head
        QCOMPARE(model->info().family, std::string("DINO"));
        const std::optional<fs::path> later = keepTeacher(run());
        QVERIFY(later && *later == run() / "teachers/epoch0004.safetensors");
        QVERIFY(load(*later)->impl().fingerprint != fingerprint);
        QCOMPARE(load(*kept)->impl().fingerprint, fingerprint);
    }

    void theSameWeightsAreKeptOnce() {
        const VitConfig config = smallConfig();
        StateDict weights = initialWeights(config, 1);
        const LiveTeacher teacher(
            run(), config, false, [&] { return weights; },
            [] {
                return RunPosition{1, 0};
            });
        const fs::path first = *keepTeacher(run());
        QCOMPARE(*keepTeacher(run()), first);
        // A run that was resumed with other options.
        weights = initialWeights(config, 2);
        const fs::path second = *keepTeacher(run());
        QVERIFY(second == run() / "teachers/epoch0001-2.safetensors");
        QCOMPARE(*keepTeacher(run()), second);
        // What is damaged is neither used nor written over.
        writeFileAtomically(first, std::string_view("nothing"));
        QCOMPARE(*keepTeacher(run()), second);
    }

    void aConvolutionalTeacherIsKeptToo() {
        StateDict weights = stateDict(*ResNet50(1));
        for (auto& [name, tensor] : weights)
            tensor = tensor.detach();
        const LiveTeacher teacher(
            run(), VitConfig{}, true, [&] { return weights; },
            [] {
                return RunPosition{1, 0};
            });
        const auto model = load(*keepTeacher(run()));
        QVERIFY(model->info().convolutional);
        QCOMPARE(model->impl().fingerprint, weightsFingerprint({}, weights));
    }

    void whatIsNotTrainedHereIsNotKept() {
        QVERIFY(!keepTeacher(run()));
        QVERIFY(!fs::exists(run() / "teachers"));
        QVERIFY(!keepTeacher("untrained"));
    }
};

QTEST_GUILESS_MAIN(KeptTeacherTest)
#include "kept_teacher_test.moc"
