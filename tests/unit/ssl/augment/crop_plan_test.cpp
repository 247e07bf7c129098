#include "engine/ssl/augment/crop_plan.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "engine/base/error.h"

using namespace dinoscope;

namespace {

constexpr int kDraws = 20000;
constexpr int kSide = 1000;

/// Of views of as many images.
std::vector<CropPlan> plansOf(int view, const MultiCropOptions& options = {}, int width = kSide,
                              int height = kSide) {
    std::vector<CropPlan> plans;
    for (int image = 0; image < kDraws; ++image)
        plans.push_back(drawCropPlan(options, width, height, view, imageKey(1, 2, image)));
    return plans;
}

double shareOf(const std::vector<CropPlan>& plans, const std::function<bool(const CropPlan&)>& has) {
    return static_cast<double>(std::count_if(plans.begin(), plans.end(), has)) /
           static_cast<double>(plans.size());
}

/// Five standard deviations of a share of kDraws.
bool isNear(double share, double probability) {
    return std::abs(share - probability) <= 5 * std::sqrt(probability * (1 - probability) / kDraws) + 1e-12;
}

/// The largest distance between the distribution of `values` and the uniform one (Kolmogorov and Smirnov).
double distanceToUniform(std::vector<double> values, double low, double high) {
    std::sort(values.begin(), values.end());
    const double count = static_cast<double>(values.size());
    double distance = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double expected = (values[i] - low) / (high - low);
        distance = std::max(distance, std::abs(expected - static_cast<double>(i) / count));
        distance = std::max(distance, std::abs(expected - static_cast<double>(i + 1) / count));
    }
    return distance;
}

/// Exceeded once in some million samples.
double allowedDistance(std::size_t count) {
    return 2.7 / std::sqrt(static_cast<double>(count));
}

bool isUniform(const std::vector<double>& values, double low, double high) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return *least >= low && *most <= high &&
           distanceToUniform(values, low, high) < allowedDistance(values.size());
}

}  // namespace

class CropPlanTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aPlanIsAFunctionOfItsArguments() {
        const MultiCropOptions options;
        const std::uint64_t key = imageKey(7, 3, 11);
        const CropPlan plan = drawCropPlan(options, 640, 480, 4, key);
        QVERIFY(drawCropPlan(options, 640, 480, 4, key) == plan);
        QVERIFY(drawCropPlan(options, 640, 480, 5, key) != plan);
        for (const std::uint64_t other : {imageKey(8, 3, 11), imageKey(7, 4, 11), imageKey(7, 3, 12)})
            QVERIFY(drawCropPlan(options, 640, 480, 4, other) != plan);
    }

    void shareAndRatioOfBoxesAreUniformAsTorchvisionDrawsThem() {
        // Local crops of a square always fit, so that no try is rejected.
        std::vector<double> shares;
        std::vector<double> ratios;
        for (const CropPlan& plan : plansOf(5)) {
            shares.push_back(double(plan.box.width) * plan.box.height / (double(kSide) * kSide));
            ratios.push_back(std::log(double(plan.box.width) / plan.box.height));
        }
        // Sides are whole pixels: the ends are reached but for rounding.
        QVERIFY(isUniform(shares, 0.05 - 0.002, 0.4 + 0.002));
        QVERIFY(isUniform(ratios, std::log(0.75) - 0.006, std::log(4.0 / 3) + 0.006));
    }

    void placesOfBoxesAreUniform() {
        std::vector<double> left;
        std::vector<double> top;
        for (const CropPlan& plan : plansOf(3)) {
            left.push_back((plan.box.left + 0.5) / (kSide - plan.box.width + 1));
            top.push_back((plan.box.top + 0.5) / (kSide - plan.box.height + 1));
        }
        QVERIFY(isUniform(left, 0, 1));
        QVERIFY(isUniform(top, 0, 1));
    }

    void globalBoxesAreTheAcceptedOnes() {
        const auto plans = plansOf(0);
        for (const CropPlan& plan : plans) {
            const double share = double(plan.box.width) * plan.box.height / (double(kSide) * kSide);
            QVERIFY(share > 0.399 && share <= 1);
            QVERIFY(plan.box.left >= 0 && plan.box.left + plan.box.width <= kSide);
            QVERIFY(plan.box.top >= 0 && plan.box.top + plan.box.height <= kSide);
        }
        // Of a square, a box of share s fits if |log ratio| <= -log s.
        double accepted = 0;
        double half = 0;
        const double widest = std::log(4.0 / 3);
        for (double share = 0.4; share < 1; share += 1e-5) {
            const double fits = std::min(1.0, -std::log(share) / widest);
            accepted += fits;
            if (share < 0.7) half += fits;
        }
        const double measured = shareOf(plans, [](const CropPlan& plan) {
            return double(plan.box.width) * plan.box.height < 0.7 * kSide * kSide;
        });
        QVERIFY(std::abs(measured - half / accepted) < 0.02);
    }

    void whereNoTryFitsTheCentreIsTaken() {
        const MultiCropOptions options;
        for (int image = 0; image < 50; ++image) {
            const std::uint64_t key = imageKey(0, 0, image);
            QCOMPARE(drawCropPlan(options, 1000, 10, 0, key).box, (CropBox{493, 0, 13, 10}));
            QCOMPARE(drawCropPlan(options, 10, 1000, 0, key).box, (CropBox{0, 493, 10, 13}));
            QCOMPARE(drawCropPlan(options, 1, 1, 0, key).box, (CropBox{0, 0, 1, 1}));
        }
    }

    void boxesOfAnyImageLieInside() {
        const MultiCropOptions options;
        for (int number = 0; number < 4000; ++number) {
            const int width = 1 + number % 37;
            const int height = 1 + number * 7 % 41;
            const CropBox box = drawCropPlan(options, width, height, number % 10, imageKey(5, 0, number)).box;
            QVERIFY(box.left >= 0 && box.top >= 0 && box.width >= 1 && box.height >= 1);
            QVERIFY(box.left + box.width <= width && box.top + box.height <= height);
        }
    }

    void chancesAreThoseOfTheReference_data() {
        QTest::addColumn<int>("view");
        QTest::addColumn<double>("blur");
        QTest::addColumn<double>("solarize");
        QTest::newRow("first global") << 0 << 1.0 << 0.0;
        QTest::newRow("second global") << 1 << 0.1 << 0.2;
        QTest::newRow("first local") << 2 << 0.5 << 0.0;
        QTest::newRow("last local") << 9 << 0.5 << 0.0;
    }

    void chancesAreThoseOfTheReference() {
        QFETCH(const int, view);
        QFETCH(const double, blur);
        QFETCH(const double, solarize);
        const auto plans = plansOf(view);
        QVERIFY(isNear(shareOf(plans, [](const CropPlan& plan) { return plan.flip; }), 0.5));
        QVERIFY(isNear(shareOf(plans, [](const CropPlan& plan) { return plan.jitter.has_value(); }), 0.8));
        QVERIFY(isNear(shareOf(plans, [](const CropPlan& plan) { return plan.gray; }), 0.2));
        QVERIFY(isNear(shareOf(plans, [](const CropPlan& plan) { return plan.blurRadius > 0; }), blur));
        QVERIFY(isNear(shareOf(plans, [](const CropPlan& plan) { return plan.solarize; }), solarize));
    }

    void factorsAreUniformInTheirRanges() {
        std::map<std::string, std::vector<double>> values;
        for (const CropPlan& plan : plansOf(0)) {
            values["blur"].push_back(double{plan.blurRadius});
            if (!plan.jitter) continue;
            values["brightness"].push_back(double{plan.jitter->brightness});
            values["contrast"].push_back(double{plan.jitter->contrast});
            values["saturation"].push_back(double{plan.jitter->saturation});
            values["hue"].push_back(double{plan.jitter->hue});
        }
        constexpr double kRounding = 1e-6;  // of single precision
        const auto check = [&](const char* name, double low, double high) {
            QVERIFY2(isUniform(values[name], low - kRounding, high + kRounding), name);
        };
        check("blur", 0.1, 2.0);
        check("brightness", 0.6, 1.4);
        check("contrast", 0.6, 1.4);
        check("saturation", 0.8, 1.2);
        check("hue", -0.1, 0.1);
    }

    void allOrdersOfJitterAreEquallyLikely() {
        std::map<std::array<JitterStep, 4>, int> counts;
        int total = 0;
        for (const CropPlan& plan : plansOf(6)) {
            if (!plan.jitter) continue;
            ++counts[plan.jitter->order];
            ++total;
        }
        QCOMPARE(counts.size(), std::size_t{24});
        double chiSquared = 0;
        for (const auto& [order, count] : counts) {
            const double expected = total / 24.0;
            chiSquared += (count - expected) * (count - expected) / expected;
        }
        QVERIFY(chiSquared < 70);  // 23 degrees of freedom: exceeded once in a million
    }

    void drawsDoNotHangTogether() {
        int both = 0;
        double product = 0;
        const auto first = plansOf(0);
        const auto second = plansOf(1);
        for (std::size_t i = 0; i < first.size(); ++i) {
            both += first[i].flip && second[i].flip;
            product += double(first[i].box.left) / kSide * (first[i].flip ? 1 : -1);
        }
        QVERIFY(isNear(double(both) / kDraws, 0.25));
        QVERIFY(std::abs(product / kDraws) < 0.01);
    }

    void cropAndFlipDoesNothingElse() {
        MultiCropOptions options;
        options.recipe = AugmentRecipe::CropAndFlip;
        const auto full = plansOf(1);
        const auto plain = plansOf(1, options);
        for (std::size_t i = 0; i < plain.size(); ++i) {
            CropPlan expected;
            expected.box = full[i].box;
            expected.flip = full[i].flip;
            QVERIFY(plain[i] == expected);
        }
    }

    void wrongOptionsAreNamed_data() {
        QTest::addColumn<QString>("option");
        QTest::addColumn<MultiCropOptions>("options");
        const auto row = [](const char* option, const std::function<void(MultiCropOptions&)>& change) {
            MultiCropOptions options;
            change(options);
            QTest::addRow("%s", option) << option << options;
        };
        row("--global-crops-number", [](auto& o) { o.globalCrops = 0; });
        row("--local-crops-number", [](auto& o) { o.localCrops = -1; });
        row("--global-crop-size", [](auto& o) { o.globalSize = 0; });
        row("--local-crop-size", [](auto& o) { o.localSize = 1 << 20; });
        row("--global-crops-scale", [](auto& o) { o.globalScale = {0.5, 0.4}; });
        row("--local-crops-scale", [](auto& o) { o.localScale = {0, 0.4}; });
        row("--local-crops-scale", [](auto& o) { o.localScale = {0.1, 1.5}; });
        row("--global-crops-scale", [](auto& o) { o.globalScale = {std::nan(""), 1}; });
    }

    void wrongOptionsAreNamed() {
        QFETCH(const QString, option);
        QFETCH(const MultiCropOptions, options);
        try {
            options.check();
            QFAIL("accepted");
        } catch (const UsageError& error) {
            QCOMPARE(QString::fromStdString(error.where()), option);
        }
    }

    void defaultsAndNoLocalCropsAreAccepted() {
        MultiCropOptions options;
        options.check();
        options.localCrops = 0;
        options.localSize = 0;
        options.check();
        QCOMPARE(options.views(), 2);
    }
};

QTEST_APPLESS_MAIN(CropPlanTest)
#include "crop_plan_test.moc"
