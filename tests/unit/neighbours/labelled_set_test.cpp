#include "engine/neighbours/labelled_set.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <algorithm>
#include <cstring>

#include "tests/unit/data/data_test_tools.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

class LabelledSetTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsAreThoseOfTheReadableImagesInTheirOrder_data() {
        QTest::addColumn<qint64>("filesAtOnce");
        QTest::newRow("all at once") << qint64(kFilesAtOnce);
        QTest::newRow("some at a time") << qint64(3);
        QTest::newRow("one by one") << qint64(1);
    }

    void rowsAreThoseOfTheReadableImagesInTheirOrder() {
        QFETCH(qint64, filesAtOnce);
        const test::ImageFolder folder;
        for (int i = 0; i < 7; ++i)
            folder.png((i < 4 ? "a/" : "b/") + std::to_string(i) + ".png", 40 + i, 40);
        folder.tornPng("a/1.png");
        folder.tornPng("b/4.png");
        const Golden golden("vit/vit.safetensors");
        const InferenceVit vit(goldenVitConfig(), golden.below("weights."), at::kCPU, at::kFloat);
        FeatureRecipe recipe;
        recipe.input = {40, 32, vit.config().patchSize};
        JobControl control;
        const ImageDataset dataset = folder.scan();
        QCOMPARE(dataset.size(), 7);
        const LabelledSet set = extractLabelled(vit, recipe, dataset, {5, 9}, control, filesAtOnce);
        QVERIFY(set.classes == (std::vector<std::int32_t>{5, 5, 5, 9, 9}));
        QCOMPARE(set.skipped.size(), std::size_t(2));
        for (const auto& [file, reason] : set.skipped)
            QVERIFY(file == folder.path("a/1.png") || file == folder.path("b/4.png"));
        QCOMPARE(control.progress().done, 7);
        QCOMPARE(set.features.size(0), 5);
        std::int64_t row = 0;
        for (const std::int64_t image : {0, 2, 3, 5, 6})
            QVERIFY(greatest(set.features[row++], featureOf(vit, recipe, dataset.path(image))) < 2e-5);
    }

    void aSearchReadsTheRowsWhereTheyLie() {
        LabelledSet set;
        set.features = emptyRows(3, 24);
        set.features.copy_(at::arange(72).view({3, 24}));
        const FeatureRows rows = set.rows();
        QCOMPARE(rows.count, 3);
        QCOMPARE(rows.dim, 24);
        QCOMPARE(rows.stride, 128);
        QVERIFY(rows.first == static_cast<const std::byte*>(set.features.const_data_ptr()));
        for (std::int64_t row = 0; row < 3; ++row) {
            std::vector<float> values(32);
            std::memcpy(values.data(), rows.row(row), 128);
            for (std::size_t i = 0; i < values.size(); ++i)
                QCOMPARE(values[i], i < 24 ? float(row * 24) + float(i) : 0.0F);
        }
    }

private:
    static at::Tensor featureOf(const InferenceVit& vit, const FeatureRecipe& recipe,
                                const std::filesystem::path& file) {
        JobControl control;
        at::Tensor feature;
        FeatureStream(vit, recipe)
            .run(
                {file}, {},
                [&](const std::vector<StreamedImage>& images) {
                    feature = at::tensor(images.front().feature);
                },
                control);
        return feature;
    }
};

QTEST_GUILESS_MAIN(LabelledSetTest)
#include "labelled_set_test.moc"
