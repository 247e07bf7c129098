#include "engine/ssl/augment/crop_source.h"

#include <QtTest>

#include "engine/base/error.h"
#include "engine/image/resample_weights.h"
#include "engine/ssl/augment/apply_crop.h"
#include "tests/unit/image/test_files.h"
#include "tests/unit/ssl/augment/source_tools.h"

using namespace dinoscope;

namespace {

CropPlan planOf(const CropBox& box) {
    CropPlan plan;
    plan.box = box;
    return plan;
}

/// Views of one size.
MultiCropOptions alike(std::size_t views, int size) {
    MultiCropOptions crops;
    crops.globalCrops = int(views);
    crops.globalSize = size;
    crops.localCrops = 0;
    return crops;
}

Image partOf(const Image& image, const CropBox& box) {
    Image part(box.width, box.height);
    for (int y = 0; y < box.height; ++y)
        std::memcpy(part.row(y), image.at(box.left, box.top + y), part.rowBytes());
    return part;
}

/// As the header has it.
std::vector<std::int32_t> expectedTable(int length, int size) {
    const ResampleWeights weights = resampleWeights(length, 0, float(length), size, Filter::Bicubic);
    std::vector<std::int32_t> table;
    for (const ResampleWeights::Span& span : weights.spans)
        table.push_back(span.first);
    table.push_back(0);
    for (int i = 0; i < size; ++i) {
        table.insert(table.end(), weights.of(i), weights.of(i) + weights.stride);
        table.push_back(0);
    }
    return table;
}

}  // namespace

class CropSourceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anImageIsCopiedOnceWithAllThatItsViewsNeed() {
        const Image image = test::noise(60, 41);
        const std::vector<CropPlan> plans{planOf({10, 5, 20, 23}), planOf({25, 12, 30, 20})};
        ByteStore store(allocateAligned);
        store.take(100);
        const CropSource source = makeCropSource(image, plans, alike(2, 16), store);
        QCOMPARE(source.views.size(), std::size_t(2));
        for (std::size_t i = 0; i < 2; ++i) {
            QCOMPARE(source.views[i].plan, plans[i]);
            QCOMPARE(source.views[i].size, 16);
            QCOMPARE(source.views[i].rowPixels, 45);
            QVERIFY(test::boxOf(store, source, source.views[i]) == partOf(image, plans[i].box));
        }
    }

    void tablesAreThoseOfTheResampler() {
        const Image image = test::noise(90, 37);
        const std::vector<CropPlan> plans{planOf({0, 0, 90, 37}), planOf({3, 2, 24, 11})};
        ByteStore store(allocateAligned);
        const CropSource source = makeCropSource(image, plans, alike(2, 24), store);
        for (const CropSource::View& view : source.views) {
            QCOMPARE(view.columns.length, view.plan.box.width);
            QCOMPARE(view.rows.length, view.plan.box.height);
            for (const CropSource::Axis& axis : {view.columns, view.rows})
                QVERIFY(test::tableOf(store, source, 24, axis) == expectedTable(axis.length, 24));
        }
    }

    void viewsOfALargePhotographAreResizedHere() {
        const Image image = test::noise(1500, 1001);
        const std::vector<CropPlan> plans{planOf({0, 0, 1500, 1001}), planOf({300, 200, 400, 333})};
        ByteStore store(allocateAligned);
        const CropSource source = makeCropSource(image, plans, alike(2, 32), store);
        QVERIFY(store.size() < 100'000);
        for (const CropSource::View& view : source.views) {
            QCOMPARE(view.columns.length, 32);
            QVERIFY(test::boxOf(store, source, view) ==
                    resizedCrop(image, view.plan.box, 32, Filter::Bicubic, cpuPath()));
            QVERIFY(test::tableOf(store, source, 32, view.rows) == expectedTable(32, 32));
        }
        // A part of it that all views lie in may be small enough.
        const CropSource part = makeCropSource(image, {plans[1]}, alike(1, 32), store);
        QCOMPARE(part.views[0].columns.length, 400);
    }

    void aBoxFarLongerThanItsCropIsResizedHere() {
        const Image image = test::noise(901, 4);
        ByteStore store(allocateAligned);
        for (const int width : {900, 901}) {
            const CropSource source = makeCropSource(image, {planOf({0, 0, width, 4})}, alike(1, 9), store);
            QCOMPARE(source.views[0].columns.length, width == 900 ? 900 : 9);
        }
    }

    void aBoxOutsideTheImageIsRefused() {
        const Image image = test::noise(10, 8);
        ByteStore store(allocateAligned);
        for (const CropBox& box : {CropBox{0, 0, 11, 8}, CropBox{0, 0, 0, 8}, CropBox{-1, 0, 5, 5}})
            QVERIFY_THROWS_EXCEPTION(Error, makeCropSource(image, {planOf(box)}, alike(1, 8), store));
        QCOMPARE(store.size(), std::int64_t(0));
    }

    void whatIsExpectedIsAboutWhatIsTaken() {
        MultiCropOptions crops;
        for (const auto& [width, height] : {std::pair(500, 375), {224, 224}, {60, 900}, {2600, 1900}}) {
            const Image image(width, height);
            const double expected = double(expectedSourceBytes(crops, std::int64_t{width} * height));
            for (std::uint64_t key = 0; key < 3; ++key) {
                std::vector<CropPlan> plans;
                for (int view = 0; view < crops.views(); ++view)
                    plans.push_back(drawCropPlan(crops, width, height, view, key));
                ByteStore store(allocateAligned);
                makeCropSource(image, plans, crops, store);
                const double taken = double(store.size());
                QVERIFY2(taken < 1.05 * expected && taken > 0.2 * expected,
                         qPrintable(QString("%1 of %2").arg(taken).arg(expected)));
            }
        }
        QVERIFY(expectedSourceBytes(crops, 0) >= 3 * kMostSourcePixels);
    }
};

QTEST_APPLESS_MAIN(CropSourceTest)
#include "crop_source_test.moc"
