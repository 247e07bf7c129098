#include "engine/image/colour_map.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <set>

#include "engine/base/error.h"

using namespace dinoscope;

namespace {

double linear(std::uint32_t byte) {
    const double v = byte / 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

/// OKLab of an sRGB colour: lightness, a, b.
std::array<double, 3> oklab(std::uint32_t colour) {
    const double r = linear(colour >> 16 & 255);
    const double g = linear(colour >> 8 & 255);
    const double b = linear(colour & 255);
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

}  // namespace

class ColourMapTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void endsAreThoseOfMatplotlib() {
        QCOMPARE(colour(ColourMap::Viridis, 0.0f), 0xFF440154U);
        QCOMPARE(colour(ColourMap::Viridis, 1.0f), 0xFFFDE724U);
        QCOMPARE(colour(ColourMap::Inferno, 0.0f), 0xFF000003U);
        QCOMPARE(colour(ColourMap::Magma, 0.0f), 0xFF000003U);
        QCOMPARE(colour(ColourMap::Turbo, 0.0f), 0xFF30123BU);
        QCOMPARE(colour(ColourMap::Gray, 0.5f), 0xFF808080U);
    }

    void valuesOutsideTakeTheEnds() {
        for (const ColourMap map : allColourMaps()) {
            QCOMPARE(colour(map, -3.0f), colourTable(map).front());
            QCOMPARE(colour(map, 7.0f), colourTable(map).back());
            QCOMPARE(colour(map, std::numeric_limits<float>::infinity()), colourTable(map).back());
            QCOMPARE(colour(map, std::numeric_limits<float>::quiet_NaN()), colourTable(map).front());
        }
    }

    void eachEntryCoversA256thOfTheRange() {
        for (int i = 0; i < 256; ++i) {
            const auto expected = colourTable(ColourMap::Turbo)[static_cast<std::size_t>(i)];
            QCOMPARE(colour(ColourMap::Turbo, static_cast<float>(i) / 256), expected);
            QCOMPARE(colour(ColourMap::Turbo, (static_cast<float>(i) + 0.99f) / 256), expected);
        }
    }

    void perceptualMapsGrowLighter() {
        for (const ColourMap map :
             {ColourMap::Viridis, ColourMap::Inferno, ColourMap::Magma, ColourMap::Gray}) {
            for (std::size_t i = 8; i < 256; ++i) {
                QVERIFY(oklab(colourTable(map)[i])[0] > oklab(colourTable(map)[i - 8])[0]);
            }
        }
    }

    void namesAreReadBack() {
        QCOMPARE(allColourMaps().size(), std::size_t{5});
        for (const ColourMap map : allColourMaps()) {
            QCOMPARE(parseColourMap(name(map)), map);
        }
        try {
            parseColourMap("jet");
            QFAIL("jet was taken");
        } catch (const UsageError& error) {
            QCOMPARE(error.where(), std::string("jet"));
            QVERIFY(error.remedy().find("viridis, inferno, magma, turbo or gray") != std::string::npos);
        }
    }

    void headsHaveSeparateHuesOfEqualLightness() {
        for (const int heads : {1, 3, 6, 12, 16}) {
            std::set<std::uint32_t> colours;
            for (int k = 0; k < heads; ++k) {
                const auto value = headHue(k, heads);
                colours.insert(value);
                const auto [lightness, a, b] = oklab(value);
                QVERIFY2(std::abs(lightness - 0.75) < 0.004, qPrintable(QString::number(lightness)));
                QVERIFY2(std::abs(std::hypot(a, b) - 0.12) < 0.004,
                         qPrintable(QString::number(std::hypot(a, b))));
            }
            QCOMPARE(colours.size(), static_cast<std::size_t>(heads));
        }
        QVERIFY_THROWS_EXCEPTION(Error, headHue(6, 6));
        QVERIFY_THROWS_EXCEPTION(Error, headHue(-1, 6));
    }
};

QTEST_APPLESS_MAIN(ColourMapTest)
#include "colour_map_test.moc"
