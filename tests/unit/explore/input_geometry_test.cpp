#include "engine/explore/input_geometry.h"

#include <QtTest>
#include <cmath>
#include <fstream>
#include <limits>

#include "engine/base/error.h"

using namespace dinoscope;

class InputGeometryTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsSizes() {
        QCOMPARE(InputSize::parse("480"), InputSize::shorterSide(480));
        QCOMPARE(InputSize::parse("640x480"), InputSize::exact(640, 480));
        QCOMPARE(InputSize::parse("native"), InputSize::native());
        QCOMPARE(InputSize::parse("65536"), InputSize::shorterSide(65'536));
    }

    void whatItFormatsItReadsBack() {
        for (const InputSize& size :
             {InputSize::shorterSide(224), InputSize::exact(31, 7), InputSize::native()})
            QCOMPARE(InputSize::parse(size.format()), size);
    }

    void refusesWhatIsNoSize() {
        for (const char* text : {"", "0", "-1", "65537", "480.5", "480x", "x480", "0x480", "480x0", "480X640",
                                 "1x2x3", " 480", "480 ", "big", "99999999999999999999"}) {
            try {
                InputSize::parse(text);
                QFAIL(text);
            } catch (const UsageError& error) {
                QCOMPARE(error.where(), std::string("--size"));
                QVERIFY(error.problem().find("'" + std::string(text) + "'") != std::string::npos);
            }
        }
    }

    void resizesToTheShorterSideAsTorchvisionDoes() {
        std::ifstream golden(GOLDEN_DIR "/input_geometry/resize.txt");
        int cases = 0;
        int width = 0, height = 0, size = 0, newWidth = 0, newHeight = 0;
        for (; golden >> width >> height >> size >> newWidth >> newHeight; ++cases) {
            const InputGeometry geometry = planInput(width, height, InputSize::shorterSide(size), size);
            const std::string text =
                std::to_string(width) + "x" + std::to_string(height) + " to " + std::to_string(size);
            QVERIFY2(geometry.resizedWidth == newWidth && geometry.resizedHeight == newHeight, text.c_str());
        }
        QVERIFY(cases > 300);
    }

    void cropsToWholePatches() {
        const InputGeometry geometry = planInput(641, 480, InputSize::shorterSide(480), 16);
        QCOMPARE(geometry.imageWidth, 641);
        QCOMPARE(geometry.imageHeight, 480);
        QCOMPARE(geometry.resizedWidth, 641);
        QCOMPARE(geometry.columns, 40);
        QCOMPARE(geometry.rows, 30);
        QCOMPARE(geometry.inputWidth, 640);
        QCOMPARE(geometry.inputHeight, 480);
        QCOMPARE(geometry.patches(), 1200);
        QCOMPARE(geometry.coveredWidth(), 640.0);
        QCOMPARE(geometry.coveredHeight(), 480.0);
    }

    void exactAndNativeSizesAreTakenAsTheyAre() {
        const InputGeometry exact = planInput(1000, 500, InputSize::exact(100, 90), 8);
        QCOMPARE(exact.resizedWidth, 100);
        QCOMPARE(exact.resizedHeight, 90);
        QCOMPARE(exact.columns, 12);
        QCOMPARE(exact.rows, 11);
        QCOMPARE(exact.coveredWidth(), 960.0);
        QVERIFY(std::abs(exact.coveredHeight() - 88.0 * 500 / 90) < 1e-9);
        const InputGeometry native = planInput(1000, 500, InputSize::native(), 16);
        QCOMPARE(native.resizedWidth, 1000);
        QCOMPARE(native.inputWidth, 992);
        QCOMPARE(native.inputHeight, 496);
    }

    void refusesLessThanAPatchAndMoreThanCanBeNumbered() {
        QVERIFY_EXCEPTION_THROWN(planInput(15, 100, InputSize::native(), 16), Error);
        QVERIFY_EXCEPTION_THROWN(planInput(100, 15, InputSize::native(), 16), Error);
        QCOMPARE(planInput(16, 16, InputSize::native(), 16).patches(), 1);
        // A line of pixels, whose longer side would pass every number.
        QVERIFY_EXCEPTION_THROWN(planInput(1, 60'000, InputSize::shorterSide(65'536), 16), Error);
        QVERIFY_EXCEPTION_THROWN(planInput(60'000, 1, InputSize::shorterSide(65'536), 16), Error);
        QVERIFY_EXCEPTION_THROWN(planInput(100, 100, InputSize::exact(65'536, 65'536), 16), Error);
        QCOMPARE(planInput(100, 100, InputSize::exact(1'000, 500), 1).patches(), 500'000);
        QVERIFY_EXCEPTION_THROWN(planInput(100, 100, InputSize::exact(1'000, 501), 1), Error);
    }

    void everyPointOfAPatchIsThatPatch() {
        const InputGeometry geometry = planInput(1003, 757, InputSize::shorterSide(224), 16);
        const double width = geometry.coveredWidth() / geometry.columns;
        const double height = geometry.coveredHeight() / geometry.rows;
        for (int row = 0; row < geometry.rows; ++row) {
            for (int column = 0; column < geometry.columns; ++column) {
                for (const double share : {1e-6, 0.5, 1 - 1e-6}) {
                    QCOMPARE(geometry.patchAt((column + share) * width, (row + share) * height),
                             std::optional(PatchPosition{row, column}));
                }
            }
        }
    }

    void patchesAreHalfOpen() {
        const InputGeometry geometry = planInput(64, 64, InputSize::native(), 16);
        QCOMPARE(geometry.patchAt(0, 0), std::optional(PatchPosition{0, 0}));
        QCOMPARE(geometry.patchAt(16, 15.999), std::optional(PatchPosition{0, 1}));
        QCOMPARE(geometry.patchAt(std::nextafter(64.0, 0.0), std::nextafter(64.0, 0.0)),
                 std::optional(PatchPosition{3, 3}));
        QVERIFY(!geometry.patchAt(64, 0));
        QVERIFY(!geometry.patchAt(0, 64));
    }

    void thereIsNoPatchOutsideOrOnTheCroppedStrip() {
        const InputGeometry geometry = planInput(70, 70, InputSize::native(), 16);
        QVERIFY(geometry.patchAt(63.9, 63.9));
        QVERIFY(!geometry.patchAt(64.1, 10));
        QVERIFY(!geometry.patchAt(10, 69));
        QVERIFY(!geometry.patchAt(-0.001, 10));
        QVERIFY(!geometry.patchAt(10, -0.001));
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
        for (const double wrong : {kInfinity, -kInfinity, kNan, 1e300}) {
            QVERIFY(!geometry.patchAt(wrong, 10));
            QVERIFY(!geometry.patchAt(10, wrong));
        }
    }
};

QTEST_APPLESS_MAIN(InputGeometryTest)
#include "input_geometry_test.moc"
