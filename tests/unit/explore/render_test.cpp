#include "engine/explore/render.h"

#include <QtTest>

#include "engine/explore/input_geometry.h"

using namespace dinoscope;

namespace {

constexpr int kPatch = 8;
constexpr int kSide = 2 * kPatch;

InputGeometry geometry() {
    return planInput(kSide + 3, kSide, InputSize::native(), kPatch);  // a strip of 3 pixels is cut off
}

Image grey() {
    Image image(kSide + 3, kSide);
    for (int y = 0; y < image.height; ++y)
        std::fill_n(image.row(y), image.rowBytes(), std::uint8_t(100));
    return image;
}

/// Two heads over 2 x 2 patches: the first looks at the left upper, the second at the right lower one.
AttentionMap twoHeads() {
    return {2, 2, 2, {1, 0, 0, 0, 0, 0, 0, 1}};
}

std::array<int, 3> at(const Image& image, int x, int y) {
    const std::uint8_t* pixel = image.row(y) + x * Image::kChannels;
    return {pixel[0], pixel[1], pixel[2]};
}

std::array<int, 3> channels(std::uint32_t colour) {
    return {int(colour >> 16 & 255), int(colour >> 8 & 255), int(colour & 255)};
}

const std::array<int, 3> kGrey{100, 100, 100};

}  // namespace

class RenderTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anOverlayMixesColourAndPictureByItsOpacity() {
        const AttentionMap map = twoHeads();
        const Image picture = overlayPicture(grey(), map.head(0), {0, 1}, ColourMap::Gray, 0.5, geometry());
        QCOMPARE(at(picture, 0, 0), (std::array<int, 3>{178, 178, 178}));  // (100 + 255) / 2, rounded up
        QCOMPARE(at(picture, kSide - 1, kSide - 1), (std::array<int, 3>{50, 50, 50}));
        QCOMPARE(at(picture, kSide + 1, 0), kGrey);
        // A quarter of the way to the next patch's centre: bilinear.
        QCOMPARE(at(picture, kPatch / 2 + 1, 0)[0], int(std::lround(50 + 127.5 * (1 - 1.5 / kPatch))));
    }

    void patchesOutsideAMaskAreDimmed() {
        const std::vector<std::uint8_t> mask{1, 0, 0, 0};
        const AttentionMap map = twoHeads();
        const Image picture =
            overlayPicture(grey(), map.head(0), {0, 1}, ColourMap::Gray, 0.5, geometry(), mask);
        QCOMPARE(at(picture, kSide - 1, 0), (std::array<int, 3>{35, 35, 35}));
        QVERIFY(at(picture, 0, 0)[0] > 100);
        QCOMPARE(at(picture, kSide + 1, 0), kGrey);
    }

    void allHeadsAtOnceHaveTheirHues() {
        const std::vector<ValueRange> ranges(2, {0, 1});
        const std::vector<int> heads{0, 1};
        const Image picture = headsOverlayPicture(grey(), twoHeads(), ranges, heads, 1, geometry());
        QCOMPARE(at(picture, 0, 0), channels(headHue(0, 2)));
        QCOMPARE(at(picture, kSide - 1, kSide - 1), channels(headHue(1, 2)));
        QCOMPARE(at(picture, kSide - 1, 0), kGrey);  // no head looks there
        QCOMPARE(at(picture, kSide + 1, 0), kGrey);
        // Between a patch that shows and one that does not, the colour stays the hue and only fades.
        const std::array<int, 3> between = at(picture, kPatch / 2 + 1, 0);
        const std::array<int, 3> hue = channels(headHue(0, 2));
        for (std::size_t c = 0; c < 3; ++c) {
            const double expected = 100 + (hue[c] - 100) * (1 - 1.5 / kPatch);
            QVERIFY(std::abs(between[c] - expected) <= 1);
        }
        const Image one = headsOverlayPicture(grey(), twoHeads(), ranges, std::vector<int>{1}, 1, geometry());
        QCOMPARE(at(one, 0, 0), kGrey);
    }
};

QTEST_APPLESS_MAIN(RenderTest)
#include "render_test.moc"
