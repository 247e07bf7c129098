#include <ATen/ATen.h>

#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

#include "engine/api/evaluate.h"
#include "engine/api/neighbours.h"
#include "engine/image/encode.h"
#include "engine/nn/resnet50.h"
#include "engine/weights/save.h"

using namespace dinoscope;
using namespace dinoscope::api;
namespace fs = std::filesystem;

namespace {

constexpr int kClasses = 2;
constexpr int kEach = 4;

/// Dark stripes upright, light stripes across.
Image picture(int kind, int number) {
    Image image(72, 72);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            const int along = kind == 0 ? x : y;
            const int value = (along / (4 + number) % 2) * 90 + kind * 120 + 5 * number;
            for (int c = 0; c < Image::kChannels; ++c)
                image.at(x, y)[c] = std::uint8_t(std::min(255, value + 10 * c));
        }
    }
    return image;
}

}  // namespace

/// Galleries and evaluation with a ResNet-50, whose features are the mean of its last map.
class ConvolutionalFeaturesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        StateDict weights = stateDict(*ResNet50(1));
        for (auto& [name, tensor] : weights)
            tensor = tensor.detach();
        saveSafetensors(path("resnet.safetensors"), weights);
        for (int kind = 0; kind < kClasses; ++kind) {
            const fs::path folder = path("images") / (kind == 0 ? "across" : "upright");
            fs::create_directories(folder);
            for (int number = 0; number < kEach; ++number)
                writePng(folder / (std::to_string(number) + ".png"), picture(kind, number));
        }
    }

    void aGalleryIsMadeAndSearched() {
        JobControl control;
        const IndexReport report = index(path("images"), values(indexOptions(), "gallery"), control);
        QCOMPARE(report.added, kClasses * kEach);
        const auto gallery = Gallery::open(path("gallery"), control);
        QCOMPARE(gallery->info().terms.dim, 2048);
        QVERIFY(QString::fromStdString(gallery->info().terms.model).endsWith("(resnet50)"));
        OptionValues options(neighboursOptions());
        options.set("gallery", std::string_view(path("gallery").string()));
        options.set("neighbours", std::string_view("3"));
        const NeighboursReport found = neighbours(path("images") / "across/1.png", options, control);
        QCOMPARE(found.neighbours.size(), std::size_t(3));
        for (const FoundNeighbour& neighbour : found.neighbours)
            QCOMPARE(neighbour.label, std::string("across"));
    }

    void layersOfClassTokensAreRefused() {
        OptionValues options = values(indexOptions(), "other");
        options.set("features", std::string_view("concat"));
        JobControl control;
        QVERIFY_EXCEPTION_THROWN(index(path("images"), options, control), UsageError);
        OptionValues linear = sets(linearOptions());
        linear.set("n-last-blocks", std::string_view("4"));
        QVERIFY_EXCEPTION_THROWN(evaluateLinear(linear, control), UsageError);
    }

    void nearestNeighboursAndALinearProbeTellTheClassesApart() {
        JobControl control;
        OptionValues options = sets(knnOptions());
        options.set("neighbours", std::string_view("3"));
        const KnnReport knn = evaluateKnn(options, control);
        QCOMPARE(knn.sets.dim, 2048);
        QCOMPARE(knn.results.front().top1, 100.0);
        for (const char* method : {"lbfgs", "sgd"}) {
            OptionValues linear = sets(linearOptions());
            linear.set("method", std::string_view(method));
            linear.set("penalty", std::string_view("0.001"));
            linear.set("epochs", std::string_view("1"));
            const LinearReport report = evaluateLinear(linear, control);
            QCOMPARE(report.sets.dim, 2048);
            if (report.method == "lbfgs") QCOMPARE(report.top1, 100.0);
        }
    }

private:
    fs::path path(const char* name) const { return fs::path(folder_.path().toStdString()) / name; }

    OptionValues values(const OptionSchema& schema, const char* gallery) const {
        OptionValues options(schema);
        options.set("gallery", std::string_view(path(gallery).string()));
        setModel(options);
        return options;
    }

    OptionValues sets(const OptionSchema& schema) const {
        OptionValues options(schema);
        options.set("train", std::string_view(path("images").string()));
        options.set("val", std::string_view(path("images").string()));
        setModel(options);
        return options;
    }

    void setModel(OptionValues& options) const {
        options.set("weights", std::string_view(path("resnet.safetensors").string()));
        options.set("resize", std::string_view("72"));
        options.set("crop", std::string_view("64"));
        options.set("precision", std::string_view("fp32"));
    }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(ConvolutionalFeaturesTest)
#include "convolutional_features_test.moc"
