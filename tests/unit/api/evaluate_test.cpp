#include "engine/api/evaluate.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "tests/unit/data/data_test_tools.h"

using namespace dinoscope;
using namespace dinoscope::api;

namespace {

constexpr int kClasses = 6;

/// Stripes that no two kinds have alike.
Image picture(int kind) {
    Image image(48, 48);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            const int along = kind % 2 == 0 ? x : y;
            const bool on = along / (3 + 2 * (kind / 2)) % 2 == 0;
            image.at(x, y)[kind % 3] = std::uint8_t(on ? 240 : 20);
            image.at(x, y)[(kind + 1) % 3] = std::uint8_t(40 * kind);
        }
    }
    return image;
}

std::string className(int number) {
    return "c" + std::to_string(number);
}

}  // namespace

/// dino knn and dino linear from image files to their reports, with a small untrained network.
class EvaluateTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<test::ImageFolder>();
        for (int number = 0; number < kClasses; ++number) {
            add("train/" + className(number), number);
            add("val/" + className(number), number);
        }
    }

    void aClassThatGotNoVoteIsNotAmongTheFirstFive() {
        // Each validation image is the training image of the next class, so that a single neighbour errs.
        for (int number = 0; number < kClasses; ++number)
            add("val/" + className(number), (number + 1) % kClasses);
        JobControl control;
        const KnnReport report = evaluateKnn(small(knnOptions()), control);
        QCOMPARE(report.results.size(), std::size_t(1));
        QCOMPARE(report.results[0].k, 1);
        QCOMPARE(report.results[0].top1, 0.0);
        QCOMPARE(report.results[0].top5, 0.0);
        for (const ClassScore& one : report.classes)
            QCOMPARE(one.top5, 0.0);
    }

    void aFolderThatHoldsBothStandsForTheTwo() {
        JobControl control;
        OptionValues chosen = small(knnOptions());
        const KnnReport expected = evaluateKnn(chosen, control);
        chosen.set("data", std::string_view(folder_->path(".").string()));
        chosen.set("train", std::string_view());
        const KnnReport found = evaluateKnn(chosen, control);
        QCOMPARE(found.sets.trainImages, expected.sets.trainImages);
        QCOMPARE(found.results[0].top1, expected.results[0].top1);
        // What is said of one of them counts over it.
        chosen.set("train", std::string_view("/nowhere"));
        QVERIFY_THROWS_EXCEPTION(Error, evaluateKnn(chosen, control));
    }

    void withFiveNeighboursFiveClassesAreRanked() {
        JobControl control;
        OptionValues chosen = small(knnOptions());
        chosen.set("neighbours", std::string_view("1, 2, 5"));
        const KnnReport report = evaluateKnn(chosen, control);
        QCOMPARE(report.results.size(), std::size_t(3));
        for (const KnnScore& score : report.results) {
            QCOMPARE(score.top1, 100.0);
            QCOMPARE(score.top5, 100.0);
        }
    }

    void neighboursThatAreNotThereAreLeftOut() {
        JobControl control;
        OptionValues chosen = small(knnOptions());
        chosen.set("neighbours", std::string_view("1,7,200"));
        const KnnReport report = evaluateKnn(chosen, control);
        QCOMPARE(report.results.size(), std::size_t(1));
        QVERIFY(report.leftOut == (std::vector<std::int64_t>{7, 200}));
        chosen.set("neighbours", std::string_view("7"));
        QVERIFY_THROWS_EXCEPTION(Error, evaluateKnn(chosen, control));
    }

    void anOptionOfTheOtherMethodIsNotPassedOver_data() {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QByteArray>("value");
        QTest::newRow("epochs") << QByteArray("lbfgs") << QByteArray("epochs") << QByteArray("100");
        QTest::newRow("rate") << QByteArray("lbfgs") << QByteArray("lr") << QByteArray("0.1");
        QTest::newRow("batch") << QByteArray("lbfgs") << QByteArray("batch-size-per-gpu") << QByteArray("8");
        QTest::newRow("penalty") << QByteArray("sgd") << QByteArray("penalty") << QByteArray("0.1");
    }

    void anOptionOfTheOtherMethodIsNotPassedOver() {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, key);
        QFETCH(QByteArray, value);
        OptionValues options(linearOptions());
        options.set("method", std::string_view(method.toStdString()));
        requireOptionsOfMethod(options);
        options.set(key.toStdString(), std::string_view(value.toStdString()));
        try {
            requireOptionsOfMethod(options);
            QFAIL("nothing was thrown");
        } catch (const UsageError& error) {
            const std::string sentence = error.what();
            QVERIFY2(sentence.find("--" + key.toStdString()) != std::string::npos, sentence.c_str());
            QVERIFY2(sentence.find("give --method ") != std::string::npos, sentence.c_str());
        }
        options.set("method", std::string_view(method == "sgd" ? "lbfgs" : "sgd"));
        requireOptionsOfMethod(options);
    }

    void aNetworkOfFewLayersGivesAllOfThem() {
        OptionValues options = small(linearOptions());
        options.reset("arch");
        options.set("weights", std::string_view(GOLDEN_DIR "/families/dinov2.pth"));
        options.set("heads-per-layer", std::string_view("2"));
        options.set("penalty", std::string_view("0.001"));
        JobControl control;
        QCOMPARE(evaluateLinear(options, control).sets.dim, 2 * 32);
        options.set("n-last-blocks", std::string_view("3"));
        QVERIFY_THROWS_EXCEPTION(UsageError, evaluateLinear(options, control));
    }

    void theConfusionMatrixIsWrittenARowALine() {
        LinearReport report;
        report.method = "lbfgs";
        report.confusion = {{"a", "b"}, {1, 2, 3, 4}};
        const QByteArray json = QByteArray::fromStdString(toJson(report));
        QVERIFY2(json.endsWith("\n  \"confusion\": [\n    [1, 2],\n    [3, 4]\n  ]\n}"), json.constData());
        const QJsonObject document = QJsonDocument::fromJson(json).object();
        QCOMPARE(document["confusion"].toArray()[1].toArray()[0].toInt(), 3);
        report.confusion = {};
        QVERIFY(QJsonDocument::fromJson(QByteArray::fromStdString(toJson(report))).isObject());
        QVERIFY(QJsonDocument::fromJson(QByteArray::fromStdString(toJson(KnnReport{}))).isObject());
    }

    void unreadableImagesAreListed_data() {
        QTest::addColumn<QString>("how");
        QTest::newRow("k-NN") << "knn";
        QTest::newRow("L-BFGS") << "lbfgs";
        QTest::newRow("SGD") << "sgd";
    }

    void unreadableImagesAreListed() {
        QFETCH(QString, how);
        // The scan finds the first; the others have a whole header, and fail when they are decoded.
        folder_->text("train/c0/text.jpg", "this is no image");
        folder_->tornPng("train/c1/torn.png");
        folder_->tornPng("val/c2/torn.png");
        std::string json;
        const EvaluationSets sets = evaluate(how, json);
        QCOMPARE(sets.trainImages, kClasses);
        QCOMPARE(sets.valImages, kClasses);
        QCOMPARE(sets.skippedCount, 3);
        std::vector<std::filesystem::path> files;
        for (const SkippedImage& image : sets.skipped) {
            files.push_back(image.file);
            QVERIFY(!image.reason.empty());
        }
        std::sort(files.begin(), files.end());
        QVERIFY(files == (std::vector<std::filesystem::path>{folder_->path("train/c0/text.jpg"),
                                                             folder_->path("train/c1/torn.png"),
                                                             folder_->path("val/c2/torn.png")}));
        const QJsonObject document = QJsonDocument::fromJson(QByteArray::fromStdString(json)).object();
        QCOMPARE(document["skipped"].toArray().size(), 3);
        QCOMPARE(document["skipped_count"].toInt(), 3);
        QCOMPARE(document["train_images"].toInt(), kClasses);
    }

    void whatTellsTwoEvaluationsApartIsReported() {
        JobControl control;
        OptionValues chosen = small(knnOptions());
        const EvaluationSets one = evaluateKnn(chosen, control).sets;
        chosen.set("seed", std::string_view("5"));
        chosen.set("temperature", std::string_view("0.1"));
        const EvaluationSets other = evaluateKnn(chosen, control).sets;
        QCOMPARE(other.model, one.model);
        QCOMPARE(one.variant, std::string("seed 0"));
        QCOMPARE(other.variant, std::string("seed 5"));
        QCOMPARE(one.fingerprint.size(), std::size_t(32));
        QVERIFY(one.fingerprint != other.fingerprint);
        using Chosen = std::vector<std::pair<std::string, std::string>>;
        QVERIFY(one.chosen == (Chosen{{"neighbours", "1"}, {"resize", "32"}, {"crop", "32"}}));
        QVERIFY(other.chosen ==
                (Chosen{{"neighbours", "1"}, {"temperature", "0.1"}, {"resize", "32"}, {"crop", "32"}}));
    }

private:
    void add(const std::string& folder, int kind) const {
        std::filesystem::create_directories(folder_->path(folder));
        writePng(folder_->path(folder + "/image.png"), picture(kind));
    }

    OptionValues small(const OptionSchema& schema) const {
        OptionValues options(schema);
        options.set("train", std::string_view(folder_->path("train").string()));
        options.set("val", std::string_view(folder_->path("val").string()));
        options.set("weights", std::string_view("untrained"));
        options.set("arch", std::string_view("vit_tiny"));
        options.set("resize", std::string_view("32"));
        options.set("crop", std::string_view("32"));
        options.set("device", std::string_view("cpu"));
        options.set("precision", std::string_view("fp32"));
        if (schema.find("neighbours")) options.set("neighbours", std::string_view("1"));
        return options;
    }

    EvaluationSets evaluate(const QString& how, std::string& json) const {
        JobControl control;
        if (how == QLatin1String("knn")) {
            const KnnReport report = evaluateKnn(small(knnOptions()), control);
            json = toJson(report);
            return report.sets;
        }
        OptionValues chosen = small(linearOptions());
        chosen.set("method", std::string_view(how.toStdString()));
        chosen.set("penalty", std::string_view("0.001"));
        chosen.set("epochs", std::string_view("2"));
        const LinearReport report = evaluateLinear(chosen, control);
        json = toJson(report);
        return report.sets;
    }

    std::unique_ptr<test::ImageFolder> folder_;
};

QTEST_GUILESS_MAIN(EvaluateTest)
#include "evaluate_test.moc"
