#include <ATen/ATen.h>

#include <sys/resource.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <string>
#include <vector>

#include "engine/api/attend.h"
#include "engine/api/attention.h"
#include "engine/api/model_impl.h"
#include "engine/explore/preprocess.h"
#include "engine/image/encode.h"
#include "engine/nn/resnet50.h"
#include "engine/nn/vision_transformer.h"
#include "engine/weights/checkpoint.h"
#include "engine/weights/safetensors_file.h"
#include "engine/weights/save.h"

using namespace dinoscope;
using namespace dinoscope::api;
namespace fs = std::filesystem;

namespace {

constexpr int kHeads = 2;

VitConfig smallConfig() {
    VitConfig config;
    config.dim = 32;
    config.depth = 3;
    config.heads = kHeads;
    config.patchSize = 8;
    config.imageSize = 32;
    config.mlpDim = 128;
    return config;
}

void writeCheckpoint(const fs::path& file, std::uint64_t seed) {
    const StateDict weights = initialWeights(smallConfig(), seed);
    std::vector<SafetensorsItem> items;
    for (const auto& [name, tensor] : weights) {
        items.push_back({name,
                         ElementType::F32,
                         tensor.sizes().vec(),
                         {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}});
    }
    writeSafetensors(file, items);
}

Image picture() {
    Image image(64, 48);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            image.at(x, y)[0] = std::uint8_t(x * 4);
            image.at(x, y)[1] = std::uint8_t(y * 5);
            image.at(x, y)[2] = std::uint8_t((x ^ y) * 3);
        }
    }
    return image;
}

std::vector<float> attentionOf(const Model& model) {
    JobControl control;
    return AttentionField::compute(model, picture(), InputSize::native(), -1, control)->map({}).values;
}

std::shared_ptr<const Model> loadFrom(const fs::path& file) {
    ModelSource source;
    source.weights = file.string();
    source.headsPerLayer = kHeads;
    JobControl control;
    return Model::load(source, {"cpu", Precision::Fp32}, control);
}

std::shared_ptr<const Model> untrained(const std::string& arch, int patchSize) {
    ModelSource source;
    source.arch = arch;
    source.patchSize = patchSize;
    JobControl control;
    return Model::load(source, {"cpu", Precision::Fp32}, control);
}

/// Leaves so many bytes to this process, as `ulimit -v` does, while it lives.
class AddressSpaceLimit {
public:
    explicit AddressSpaceLimit(std::int64_t bytes) {
        std::int64_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        getrlimit(RLIMIT_AS, &before_);
        const rlimit limit{rlim_t(pages * sysconf(_SC_PAGESIZE) + bytes), before_.rlim_max};
        setrlimit(RLIMIT_AS, &limit);
    }
    ~AddressSpaceLimit() { setrlimit(RLIMIT_AS, &before_); }
    AddressSpaceLimit(const AddressSpaceLimit&) = delete;
    AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;

private:
    rlimit before_{};
};

constexpr std::int64_t kLeft = 400'000'000;
constexpr std::int64_t kTokens = 3601;
constexpr int kLayer = 11;

}  // namespace

class ModelTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aResNetHasNoAttentionButActivationEnergy() {
        const QTemporaryDir folder;
        const fs::path file = folder.filePath("resnet.safetensors").toStdString();
        StateDict weights = stateDict(*ResNet50(1));
        for (auto& [name, tensor] : weights)
            tensor = tensor.detach();
        saveSafetensors(file, weights);
        JobControl control;
        ModelSource source;
        source.weights = file.string();
        const auto model = Model::load(source, {"cpu", Precision::Fp32}, control);
        QVERIFY(model->info().convolutional);
        const auto field = AttentionField::compute(*model, picture(), InputSize::parse("96x64"), -1, control);
        QVERIFY(field->isEnergy());
        const AttentionMap map = field->map({});
        QCOMPARE(map.heads, 1);
        QCOMPARE(map.rows, 2);
        QCOMPARE(map.columns, 3);
        const InferenceResNet network(weights, at::kCPU, at::kFloat);
        const at::Tensor expected =
            activationEnergy(network.lastMap(prepareInput(picture(), field->geometry()), control));
        const at::Tensor found = at::tensor(map.values).view({2, 3});
        QVERIFY(at::allclose(found, expected, 1e-4));
        try {
            model->impl().vit();
            QFAIL("it was taken for a ViT");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("a convolutional network has no attention") !=
                    std::string::npos);
        }

        OptionValues options(attendOptions());
        options.set("weights", std::string_view(file.string()));
        options.set("output-dir", std::string_view(folder.filePath("out").toStdString()));
        options.set("size", std::string_view("64"));
        options.set("raw", std::string_view("true"));
        const std::string image = folder.filePath("cat.png").toStdString();
        writePng(image, picture());
        const AttendReport report = attend({image}, options, control);
        QCOMPARE(report.images.size(), std::size_t(1));
        std::vector<std::string> names;
        for (const fs::path& output : report.images[0].outputs)
            names.push_back(output.filename().string());
        QVERIFY(names ==
                (std::vector<std::string>{"cat-energy.png", "cat-overlay-energy.png", "cat.safetensors"}));
        const Checkpoint raw(folder.filePath("out/cat.safetensors").toStdString());
        QCOMPARE(raw.groups()[0].tensors[0].name, std::string("activation_energy"));
        options.set("query", std::string_view("10,10"));
        QVERIFY_EXCEPTION_THROWN(attend({image}, options, control), UsageError);
    }

    void registersAreLeftOutOfTheMapAndShownOnRequest() {
        ModelSource source;
        source.weights = GOLDEN_DIR "/families/dinov2_registers.pth";
        source.headsPerLayer = kHeads;
        JobControl control;
        const auto model = Model::load(source, {"cpu", Precision::Fp32}, control);
        QCOMPARE(model->info().registers, 3);
        const auto field = AttentionField::compute(*model, picture(), InputSize::parse("16x16"), -1, control);
        QCOMPARE(field->registers(), 3);
        for (const Query& query : {Query{}, Query{PatchPosition{1, 2}, {}}, Query{{}, 2}}) {
            const AttentionMap map = field->map(query);
            QCOMPARE(map.values.size(), std::size_t(kHeads * 16));
            QCOMPARE(map.registers.size(), std::size_t(kHeads * 3));
            for (int head = 0; head < kHeads; ++head) {
                double sum = 0;
                for (const float value : map.head(head))
                    sum += value;
                for (int i = 0; i < 3; ++i)
                    sum += map.registers[std::size_t(head * 3 + i)];
                QVERIFY2(sum > 0 && sum < 1, std::to_string(sum).c_str());  // the rest goes to [CLS]
            }
        }
        QVERIFY(field->map({}).values != field->map(Query{{}, 0}).values);
        QVERIFY_EXCEPTION_THROWN(field->map(Query{{}, 3}), UsageError);
    }

    void aCheckpointMayBeOverwrittenWhileItIsInUse() {
        const fs::path file = path("epoch.safetensors");
        writeCheckpoint(file, 1);
        const auto model = loadFrom(file);
        const std::vector<float> before = attentionOf(*model);
        // In place, as torch.save writes: the same file with other bytes, of the same length.
        const auto size = static_cast<std::size_t>(fs::file_size(file));
        std::fstream(file, std::ios::in | std::ios::out | std::ios::binary)
            .write(std::string(size, 'x').data(), static_cast<std::streamsize>(size));
        QCOMPARE(attentionOf(*model), before);
    }

    void aCheckpointMayBeCutShortWhileItIsInUse() {
        const fs::path file = path("epoch.safetensors");
        writeCheckpoint(file, 1);
        const auto model = loadFrom(file);
        const std::vector<float> before = attentionOf(*model);
        fs::resize_file(file, 0);
        QCOMPARE(attentionOf(*model), before);
    }

    void anotherCheckpointGivesAnotherMap() {
        writeCheckpoint(path("one.safetensors"), 1);
        writeCheckpoint(path("two.safetensors"), 2);
        QVERIFY(attentionOf(*loadFrom(path("one.safetensors"))) !=
                attentionOf(*loadFrom(path("two.safetensors"))));
    }

    void theEstimateGrowsWithTokensAndLayers() {
        const auto model = untrained("vit_tiny", 16);
        const auto costOf = [&](int side, int layer) {
            return estimateCost(*model, planInput(side, side, InputSize::native(), 16), layer);
        };
        QVERIFY(costOf(960, -1).seconds > 4 * costOf(480, -1).seconds);  // attention: with the square
        QVERIFY(costOf(480, 11).seconds > 5 * costOf(480, 1).seconds);
        QCOMPARE(costOf(480, -1).seconds, costOf(480, 11).seconds);
        QVERIFY(costOf(960, -1).bytes > 2 * costOf(480, -1).bytes);
        QVERIFY_EXCEPTION_THROWN(costOf(480, 12), UsageError);
    }

    void onePassUnderLoadDoesNotSpoilTheEstimate() {
        const auto model = untrained("vit_tiny", 16);
        model->calibrate();
        const Model::Impl& impl = model->impl();
        const double calibrated = impl.predictSeconds(kTokens, kLayer);
        impl.learn(kTokens, kLayer, calibrated * 80);
        QVERIFY(impl.predictSeconds(kTokens, kLayer) <= calibrated * 3.001);
        for (int pass = 0; pass < 4; ++pass)
            impl.learn(kTokens, kLayer, calibrated);
        QVERIFY(impl.predictSeconds(kTokens, kLayer) < calibrated * 1.15);
    }

    void passesThatAgreeAreBelieved() {
        const auto model = untrained("vit_tiny", 16);
        model->calibrate();
        const Model::Impl& impl = model->impl();
        const double real = impl.predictSeconds(kTokens, kLayer) * 1.6;
        for (int pass = 0; pass < 6; ++pass)
            impl.learn(kTokens, kLayer, real);
        QVERIFY(std::abs(impl.predictSeconds(kTokens, kLayer) / real - 1) < 0.02);
    }

    void shortPassesTeachNothing() {
        const auto model = untrained("vit_tiny", 16);
        const Model::Impl& impl = model->impl();
        const double before = impl.predictSeconds(kTokens, kLayer);
        impl.learn(17, kLayer, 1);
        impl.learn(kTokens, 0, 1);
        QCOMPARE(impl.predictSeconds(kTokens, kLayer), before);
    }

    void whatNeedsMoreMemoryThanIsFreeIsRefused() {
        const auto model = untrained("vit_tiny", 16);
        const InputGeometry large = planInput(64, 64, InputSize::exact(8192, 8192), 16);
        QVERIFY(model->impl().predictBytes(large.patches() + 1) > 2 * kLeft);
        const AddressSpaceLimit limit(kLeft);
        QVERIFY(describeDevice("cpu").freeMemory <= kLeft);
        try {
            JobControl control;
            AttentionField::compute(*model, picture(), InputSize::exact(8192, 8192), -1, control);
            QFAIL("it was tried");
        } catch (const Error& error) {
            QVERIFY2(error.problem().find("8192 x 8192 pixels needs about ") != std::string::npos,
                     error.what());
        }
        requireMemory(*model, planInput(64, 64, InputSize::exact(480, 480), 16));
        // What did fit is not refused for the memory that it may still hold.
        model->impl().learn(large.patches() + 1, 0, 0);
        requireMemory(*model, large);
    }

private:
    fs::path path(const char* name) const { return folder_.filePath(QLatin1String(name)).toStdString(); }

    QTemporaryDir folder_;
};

QTEST_APPLESS_MAIN(ModelTest)
#include "model_test.moc"
