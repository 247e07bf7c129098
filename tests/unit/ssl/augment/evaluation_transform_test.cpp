#include "engine/ssl/augment/evaluation_transform.h"

#include <QTest>
#include <algorithm>
#include <cmath>

#include "tests/unit/image/test_files.h"
#include "tests/unit/ssl/augment/augment_test_tools.h"

using namespace dinoscope;

class EvaluationTransformTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsTorchvisionToTheLastBit() {
        test::GoldenReader golden(test::bytesOf(GOLDEN_DIR "/augment/evaluation.bin"));
        int cases = 0;
        for (; !golden.atEnd(); ++cases) {
            const int width = golden.take<std::int32_t>();
            const int height = golden.take<std::int32_t>();
            EvaluationOptions options;
            options.resize = golden.take<std::int32_t>();
            options.crop = golden.take<std::int32_t>();
            const auto expected = golden.take<std::uint32_t>();
            for (const CpuPath path : test::augmentPaths()) {
                std::vector<float> crop(3 * static_cast<std::size_t>(options.crop * options.crop));
                applyEvaluation(test::noise(width, height), options, crop.data(), path);
                QCOMPARE(test::crc32(crop.data(), crop.size() * sizeof(float)), expected);
            }
        }
        QCOMPARE(cases, 7);
    }

    void aCropThatDoesNotFitIsRefused() {
        QVERIFY_THROWS_EXCEPTION(UsageError, (EvaluationOptions{224, 256}.check()));
        QVERIFY_THROWS_EXCEPTION(UsageError, (EvaluationOptions{224, 0}.check()));
        EvaluationOptions{224, 224}.check();
    }

    /// Of these the middle alone is made; feature_stream_test compares it.
    void anImageStretchedBeyondMeasureIsNotMadeWhole() {
        std::vector<float> crop(3 * 224 * 224);
        applyEvaluation(Image(3000000, 1), {}, crop.data());
        QVERIFY(std::ranges::all_of(crop, [](float value) { return std::isfinite(value); }));
        QVERIFY_THROWS_EXCEPTION(Error, resizeForEvaluation(Image(3000000, 1), 256));
    }
};

QTEST_APPLESS_MAIN(EvaluationTransformTest)
#include "evaluation_transform_test.moc"
