#include <QDir>
#include <QFile>
#include <QImage>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

#include "engine/base/mapped_file.h"
#include "engine/explore/attention_map.h"
#include "engine/image/colour_map.h"
#include "engine/weights/safetensors_file.h"
#include "tests/integration/program.h"

using namespace dinoscope;

namespace {

using Values = std::vector<float>;

// Of ViT-Ti/16 over the picture, which --size leaves as it is.
constexpr int kHeads = 3;
constexpr int kLayers = 12;
constexpr int kPatch = 16;
constexpr int kRows = 4;
constexpr int kColumns = 6;
constexpr int kPatches = kRows * kColumns;
constexpr QSize kSize{kColumns * kPatch, kRows* kPatch};
const QStringList kSmall{"-w",       "untrained", "--arch",    "vit_tiny", "--size", "64",
                         "--device", "cpu",       "--threads", "1",        "--raw",  "--json"};

struct Tensor {
    ElementType type = ElementType::Unknown;
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes;

    template <typename Value>
    std::vector<Value> as() const {
        std::vector<Value> values(bytes.size() / sizeof(Value));
        if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(Value));
        return values;
    }
};

/// What a run of `dino attend` left. Without success there are no tensors.
struct Attended {
    Outcome outcome;
    QString folder;
    std::map<std::string, Tensor> tensors;
    std::map<std::string, std::string> metadata;
    Values attention;  ///< [heads, rows * columns]

    QStringList files() const { return QDir(folder).entryList(QDir::Files | QDir::Hidden, QDir::Name); }
    bool has(const QString& kind) const { return QFile::exists(folder + "/cat-" + kind + ".png"); }
    QImage picture(const QString& kind) const {
        return QImage(folder + "/cat-" + kind + ".png").convertToFormat(QImage::Format_RGB32);
    }
};

void readTensors(Attended& run) {
    const std::string file = (run.folder + "/cat.safetensors").toStdString();
    const std::vector<std::byte> bytes = readFile(file);
    const SafetensorsFile read(bytes, file);
    for (const SafetensorsFile::Entry& entry : read.entries()) {
        run.tensors[entry.name] = {
            entry.view.type, entry.view.sizes, {entry.view.bytes.begin(), entry.view.bytes.end()}};
    }
    for (const auto& [key, text] : read.metadata())
        run.metadata[key] = text;
    run.attention = run.tensors["attention"].as<float>();
}

/// One head of all.
Values headOf(const Values& attention, int head) {
    Values values;
    for (int patch = 0; patch < kPatches; ++patch)
        values.push_back(attention.at(std::size_t(head * kPatches + patch)));
    return values;
}

Values meanOf(const Values& attention) {
    Values mean(std::size_t(kPatches), 0.0F);
    for (int head = 0; head < kHeads; ++head) {
        const Values values = headOf(attention, head);
        for (std::size_t patch = 0; patch < mean.size(); ++patch)
            mean[patch] += values[patch];
    }
    for (float& value : mean)
        value /= float(kHeads);
    return mean;
}

/// Infinite where there is not the same number of them.
double greatestDifference(const Values& a, const Values& b) {
    double greatest = a.size() == b.size() && !a.empty() ? 0 : std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        greatest = std::max(greatest, std::abs(double(a[i]) - double(b[i])));
    return greatest;
}

/// Whether other values are meant, rather than the same ones rounded otherwise.
bool differ(const Values& a, const Values& b) {
    const double difference = greatestDifference(a, b);
    return difference > 1e-5 && difference < 1;
}

/// From the least value to the one at a percentile.
ValueRange rangeOf(Values values, double percentile) {
    std::sort(values.begin(), values.end());
    return {values.front(),
            values.at(std::size_t(std::lround(percentile / 100 * double(values.size() - 1))))};
}

QPoint middleOf(int patch) {
    return {patch % kColumns * kPatch + kPatch / 2, patch / kColumns * kPatch + kPatch / 2};
}

/// Whether a picture of a head or the mean shows each patch in the colour of its value.
bool showsColours(const QImage& picture, const Values& values, ValueRange range, ColourMap map) {
    if (picture.size() != kSize) return false;
    for (int patch = 0; patch < kPatches; ++patch) {
        const QRgb expected = colour(map, range.normalise(values.at(std::size_t(patch))));
        if (picture.pixel(middleOf(patch)) != expected) return false;
    }
    return true;
}

/// Whether a colour is `under`, covered by `over` to a share, but for rounding.
bool isMixed(QRgb found, QRgb under, QRgb over, double share) {
    const auto isNear = [share](int is, int below, int above) {
        return std::abs(is - (below + (above - below) * share)) <= 1;
    };
    return isNear(qRed(found), qRed(under), qRed(over)) &&
           isNear(qGreen(found), qGreen(under), qGreen(over)) &&
           isNear(qBlue(found), qBlue(under), qBlue(over));
}

/// Where an overlay has a patch's own colour; elsewhere its neighbours' mix with it.
struct Corner {
    QPoint pixel;
    int patch;
};
const std::array<Corner, 4> kCorners{{{{0, 0}, 0},
                                      {{kSize.width() - 1, 0}, kColumns - 1},
                                      {{0, kSize.height() - 1}, kPatches - kColumns},
                                      {{kSize.width() - 1, kSize.height() - 1}, kPatches - 1}}};

}  // namespace

/// What each option of `dino attend` changes in what is written.
class AttendOptionsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QVERIFY(folder_.isValid());
        picture_ = stripes(1, kSize.width(), kSize.height());
        QVERIFY(picture_.save(folder_.filePath("cat.png")));
        plain_ = attend({});
        QVERIFY2(plain_.outcome.status == 0, qPrintable(plain_.outcome.err));
    }

    void withoutOptionsAllHeadsOfTheLastLayerAreAskedFromCls() {
        QCOMPARE(plain_.tensors.size(), std::size_t(1));
        const Tensor& attention = plain_.tensors.at("attention");
        QVERIFY(attention.type == ElementType::F32);
        QVERIFY(attention.shape == (std::vector<std::int64_t>{kHeads, kRows, kColumns}));
        for (int head = 0; head < kHeads; ++head) {
            double sum = 0;
            for (const float value : headOf(plain_.attention, head)) {
                QVERIFY(value > 0 && value < 1);
                sum += double(value);
            }
            // The rest of 1 goes to [CLS].
            QVERIFY2(sum > 0.5 && sum < 1, qPrintable(QString::number(sum)));
        }
        QCOMPARE(plain_.metadata.at("weights"), std::string("untrained"));
        QCOMPARE(plain_.metadata.at("layer"), std::to_string(kLayers - 1));
        QCOMPARE(plain_.metadata.at("query"), std::string("cls"));
        QCOMPARE(plain_.metadata.at("heads"), std::string("all"));
        QVERIFY(!plain_.has("overlay-hues") && !plain_.has("mask-head0"));
    }

    void aLayerCountsFromEitherEnd_data() {
        QTest::addColumn<QString>("layer");
        QTest::addColumn<int>("number");
        QTest::newRow("first") << "0" << 0;
        QTest::newRow("last") << "11" << kLayers - 1;
        QTest::newRow("last from the end") << "-1" << kLayers - 1;
        QTest::newRow("one before") << "-2" << kLayers - 2;
    }

    void aLayerCountsFromEitherEnd() {
        QFETCH(QString, layer);
        QFETCH(int, number);
        const Attended run = attend({"--layer", layer});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        QCOMPARE(run.metadata.at("layer"), std::to_string(number));
        if (number == kLayers - 1) {
            QCOMPARE(greatestDifference(run.attention, plain_.attention), 0.0);
        } else {
            QVERIFY(differ(run.attention, plain_.attention));
        }
    }

    void headsChooseWhatIsWrittenAndInWhichOrder() {
        const Attended run = attend({"--heads", "2,0"});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        QVERIFY(run.tensors.at("attention").shape == (std::vector<std::int64_t>{2, kRows, kColumns}));
        QVERIFY(headOf(run.attention, 0) == headOf(plain_.attention, 2));
        QVERIFY(headOf(run.attention, 1) == headOf(plain_.attention, 0));
        QStringList files = run.files();
        files.sort();
        QCOMPARE(files, (QStringList{"cat-head0.png", "cat-head2.png", "cat-mean.png",
                                     "cat-overlay-head0.png", "cat-overlay-head2.png", "cat.safetensors"}));
        const QJsonObject image = run.outcome.json()["images"].toArray().at(0).toObject();
        QCOMPARE(image["heads"].toInt(), 2);
        QCOMPARE(image["outputs"].toArray().size(), files.size());
        for (const char* kind : {"head0", "head2", "overlay-head2"})
            QVERIFY2(run.picture(kind) == plain_.picture(kind), kind);
        // The mean is that of all heads in any case.
        const Values mean = meanOf(plain_.attention);
        QVERIFY(showsColours(run.picture("mean"), mean, rangeOf(mean, 100), ColourMap::Viridis));
    }

    void aQueryIsThePatchUnderThePoint() {
        const Attended run = attend({"--query", "0,0"});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        QCOMPARE(run.metadata.at("query"), std::string("0,0"));
        QVERIFY(differ(run.attention, plain_.attention));
        const Attended same = attend({"--query", "15.5,15.5"});
        QCOMPARE(greatestDifference(same.attention, run.attention), 0.0);
        const Attended other = attend({"--query", "95,63"});
        QVERIFY(differ(other.attention, run.attention) && differ(other.attention, plain_.attention));
        for (int head = 0; head < kHeads; ++head) {
            double sum = 0;
            for (const float value : headOf(other.attention, head))
                sum += double(value);
            QVERIFY2(sum > 0.5 && sum < 1, qPrintable(QString::number(sum)));
        }
    }

    void aQueryOutsideThePictureIsNamedWithIt() {
        const Attended run = attend({"--query", "96,10"});
        QCOMPARE(run.outcome.status, 1);
        QVERIFY2(run.outcome.err.contains("cat.png") && run.outcome.err.contains("--query") &&
                     run.outcome.err.contains("0 to 95"),
                 qPrintable(run.outcome.err));
        QCOMPARE(run.outcome.err.count('\n'), 1);
        QCOMPARE(run.files(), QStringList());
    }

    void aColourMapColoursByItsTable_data() {
        QTest::addColumn<QString>("map");
        for (const ColourMap map : allColourMaps())
            QTest::newRow(name(map).c_str()) << QString::fromStdString(name(map));
    }

    void aColourMapColoursByItsTable() {
        QFETCH(QString, map);
        const ColourMap colours = parseColourMap(map.toStdString());
        const Attended run = attend({"--colormap", map});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        QCOMPARE(greatestDifference(run.attention, plain_.attention), 0.0);
        for (int head = 0; head < kHeads; ++head) {
            const Values values = headOf(plain_.attention, head);
            QVERIFY(showsColours(run.picture(QString("head%1").arg(head)), values, rangeOf(values, 100),
                                 colours));
        }
        const Values mean = meanOf(plain_.attention);
        QVERIFY(showsColours(run.picture("mean"), mean, rangeOf(mean, 100), colours));
        const bool isUsual = colours == ColourMap::Viridis;
        QCOMPARE(run.picture("overlay-head0") == plain_.picture("overlay-head0"), isUsual);
    }

    void theScaleSetsWhereTheColoursBeginAndEnd_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<double>("percentile");
        QTest::newRow("head") << QStringList{"--scale", "head"} << 100.0;
        QTest::newRow("head, clipped") << QStringList{"--clip", "80"} << 80.0;
        QTest::newRow("shared") << QStringList{"--scale", "shared"} << 100.0;
        QTest::newRow("shared, clipped") << QStringList{"--scale", "shared", "--clip", "75"} << 75.0;
        QTest::newRow("fixed") << QStringList{"--scale", "0.03125,0.0625"} << 100.0;
        QTest::newRow("fixed, not clipped")
            << QStringList{"--scale", "0.03125,0.0625", "--clip", "50"} << 50.0;
    }

    void theScaleSetsWhereTheColoursBeginAndEnd() {
        QFETCH(QStringList, options);
        QFETCH(double, percentile);
        const Attended run = attend(options);
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        QCOMPARE(greatestDifference(run.attention, plain_.attention), 0.0);
        for (int head = 0; head < kHeads; ++head) {
            const Values values = headOf(plain_.attention, head);
            ValueRange range = rangeOf(values, percentile);
            if (options.contains("shared")) range = rangeOf(plain_.attention, percentile);
            if (options.contains("0.03125,0.0625")) range = {0.03125F, 0.0625F};
            const QImage picture = run.picture(QString("head%1").arg(head));
            QVERIFY(showsColours(picture, values, range, ColourMap::Viridis));
            const QRgb top =
                colour(ColourMap::Viridis, range.normalise(values.at(std::size_t(kPatches - 1))));
            const QImage overlay = run.picture(QString("overlay-head%1").arg(head));
            const Corner& last = kCorners.back();
            QVERIFY(isMixed(overlay.pixel(last.pixel), picture_.pixel(last.pixel), top, 0.6));
        }
    }

    void opacityMixesTheColoursIntoThePicture_data() {
        QTest::addColumn<double>("opacity");
        QTest::newRow("none") << 0.0;
        QTest::newRow("a quarter") << 0.25;
        QTest::newRow("full") << 1.0;
    }

    void opacityMixesTheColoursIntoThePicture() {
        QFETCH(double, opacity);
        const Attended run = attend({"--opacity", QString::number(opacity)});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        for (int head = 0; head < kHeads; ++head) {
            const Values values = headOf(plain_.attention, head);
            const ValueRange range = rangeOf(values, 100);
            const QImage overlay = run.picture(QString("overlay-head%1").arg(head));
            QCOMPARE(overlay.size(), kSize);
            QCOMPARE(overlay == picture_, opacity == 0);
            for (const Corner& corner : kCorners) {
                const float value = values.at(std::size_t(corner.patch));
                QVERIFY(isMixed(overlay.pixel(corner.pixel), picture_.pixel(corner.pixel),
                                colour(ColourMap::Viridis, range.normalise(value)), opacity));
            }
        }
        // What has no picture below it stays.
        QVERIFY(run.picture("head0") == plain_.picture("head0"));
    }

    void huesShowAllHeadsAtOnce() {
        const Attended run = attend({"--hues"});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        const QImage all = run.picture("overlay-hues");
        QCOMPARE(all.size(), kSize);
        QVERIFY(all != picture_);
        for (const char* kind : {"overlay-head0", "overlay-head1", "overlay-head2"}) {
            QVERIFY2(all != run.picture(kind), kind);
            QVERIFY2(run.picture(kind) == plain_.picture(kind), kind);
        }
    }

    void theHueOfOneHeadIsItsOwn() {
        const int head = 1;
        const Attended run = attend({"--hues", "--heads", QString::number(head), "--opacity", "1"});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        const QImage hues = run.picture("overlay-hues");
        const Values values = headOf(plain_.attention, head);
        const ValueRange range = rangeOf(values, 100);
        for (const Corner& corner : kCorners) {
            // An opacity has 255 steps.
            const float share = range.normalise(values.at(std::size_t(corner.patch)));
            const double cover = double(std::lround(255 * share)) / 255;
            QVERIFY(isMixed(hues.pixel(corner.pixel), picture_.pixel(corner.pixel), headHue(head, kHeads),
                            cover));
        }
    }

    void massKeepsTheStrongestPatches_data() {
        QTest::addColumn<double>("mass");
        QTest::newRow("a third") << 0.3;
        QTest::newRow("most") << 0.6;
        QTest::newRow("all") << 1.0;
    }

    void massKeepsTheStrongestPatches() {
        QFETCH(double, mass);
        const Attended run = attend({"--mass", QString::number(mass)});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        QCOMPARE(greatestDifference(run.attention, plain_.attention), 0.0);
        QVERIFY(run.tensors.contains("mask"));
        const Tensor& tensor = run.tensors.at("mask");
        QVERIFY(tensor.type == ElementType::U8);
        QVERIFY(tensor.shape == run.tensors.at("attention").shape);
        const std::vector<std::uint8_t> mask = tensor.as<std::uint8_t>();
        for (int head = 0; head < kHeads; ++head) {
            const Values values = headOf(run.attention, head);
            double sum = 0;
            double kept = 0;
            float least = 1;      // of those kept
            float strongest = 0;  // of the others
            for (int patch = 0; patch < kPatches; ++patch) {
                const float value = values[std::size_t(patch)];
                const std::uint8_t isKept = mask.at(std::size_t(head * kPatches + patch));
                QVERIFY(isKept <= 1);
                sum += double(value);
                if (isKept) {
                    kept += double(value);
                    least = std::min(least, value);
                } else {
                    strongest = std::max(strongest, value);
                }
            }
            QVERIFY(least >= strongest);
            QVERIFY2(kept > mass * sum - 1e-6 && kept - double(least) < mass * sum + 1e-6,
                     qPrintable(QString("head %1 keeps %2 of %3").arg(head).arg(kept).arg(sum)));
        }
    }

    void theMaskIsDrawnAndDimsWhatItLeavesOut() {
        const Attended run = attend({"--mass", "0.5"});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        const std::vector<std::uint8_t> mask = run.tensors.at("mask").as<std::uint8_t>();
        for (int head = 0; head < kHeads; ++head) {
            const QImage drawn = run.picture(QString("mask-head%1").arg(head));
            const QImage overlay = run.picture(QString("overlay-head%1").arg(head));
            const QImage whole = plain_.picture(QString("overlay-head%1").arg(head));
            QCOMPARE(drawn.size(), kSize);
            for (int patch = 0; patch < kPatches; ++patch) {
                const QPoint at = middleOf(patch);
                const QRgb shown = overlay.pixel(at);
                const QRgb original = picture_.pixel(at);
                if (mask.at(std::size_t(head * kPatches + patch))) {
                    QCOMPARE(drawn.pixel(at), qRgb(255, 255, 255));
                    QCOMPARE(shown, whole.pixel(at));
                } else {
                    QCOMPARE(drawn.pixel(at), qRgb(0, 0, 0));
                    QVERIFY(2 * qRed(shown) <= qRed(original) && 2 * qGreen(shown) <= qGreen(original) &&
                            2 * qBlue(shown) <= qBlue(original));
                }
            }
        }
    }

    void bf16IsTheSameButForItsRounding() {
        const Attended run = attend({"--precision", "bf16"});
        QVERIFY2(run.outcome.status == 0, qPrintable(run.outcome.err));
        QCOMPARE(plain_.outcome.json()["precision"].toString(), QString("fp32"));
        QCOMPARE(run.outcome.json()["precision"].toString(), QString("bf16"));
        QVERIFY(run.tensors.at("attention").type == ElementType::F32);
        QVERIFY(run.tensors.at("attention").shape == plain_.tensors.at("attention").shape);
        double farthest = 0;
        for (std::size_t i = 0; i < plain_.attention.size(); ++i) {
            const auto expected = double(plain_.attention[i]);
            farthest = std::max(farthest, std::abs(double(run.attention.at(i)) - expected) / expected);
        }
        QVERIFY2(farthest > 0 && farthest < 0.1, qPrintable(QString::number(farthest)));
    }

    void whatTheModelDoesNotHaveIsWrongUsage_data() {
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("value");
        QTest::newRow("head") << "--heads"
                              << "3";
        QTest::newRow("head twice") << "--heads"
                                    << "0,0";
        QTest::newRow("no head") << "--heads"
                                 << "0,";
        QTest::newRow("layer") << "--layer"
                               << "12";
        QTest::newRow("layer from the end") << "--layer"
                                            << "-13";
        QTest::newRow("register") << "--query"
                                  << "register0";
    }

    void whatTheModelDoesNotHaveIsWrongUsage() {
        QFETCH(QString, option);
        QFETCH(QString, value);
        const Attended run = attend({option, value});
        QCOMPARE(run.outcome.status, 2);
        QVERIFY2(run.outcome.err.startsWith("dino: " + option + ": "), qPrintable(run.outcome.err));
        QCOMPARE(run.outcome.err.count('\n'), 1);
        QCOMPARE(run.files(), QStringList());
    }

private:
    Attended attend(const QStringList& options) {
        Attended run;
        run.folder = folder_.filePath(QString("run%1").arg(runs_++));
        run.outcome =
            dino(QStringList{"attend", folder_.filePath("cat.png"), "-o", run.folder} + kSmall + options);
        if (run.outcome.status == 0) readTensors(run);
        return run;
    }

    QTemporaryDir folder_;
    QImage picture_;
    Attended plain_;  ///< without options
    int runs_ = 0;
};

QTEST_GUILESS_MAIN(AttendOptionsTest)
#include "attend_options_test.moc"
