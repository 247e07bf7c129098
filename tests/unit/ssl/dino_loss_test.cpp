#include <ATen/ATen.h>

#include <QtTest/QtTest>

#include "engine/ssl/dino_loss.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

constexpr std::int64_t kCrops = 5;
constexpr std::int64_t kImages = 4;
constexpr double kTemperature = 0.05;

DinoLoss makeLoss(const Golden& golden, DinoLossOptions options = {}) {
    options.crops = kCrops;
    DinoLoss loss(options, 17, at::kCPU);
    loss.centre().copy_(golden["loss.centre"]);
    return loss;
}

at::Tensor one(double value = 1) {
    return at::full({}, value);
}

/// Rows of some images of every view.
at::Tensor part(const at::Tensor& rows, std::int64_t views, std::int64_t first, std::int64_t count) {
    return rows.view({views, kImages, -1}).narrow(1, first, count).reshape({views * count, -1});
}

}  // namespace

class DinoLossTest : public QObject {
    Q_OBJECT

    void equalsTheFormula(DinoLossOptions options, const std::string& key) {
        const Golden golden("ssl/ssl.safetensors");
        DinoLoss loss = makeLoss(golden, options);
        const at::Tensor student = golden["loss.student"].requires_grad_();
        const DinoLossValue value = loss.forward(student, golden["loss.teacher"], kTemperature, kImages);
        value.loss.backward();
        QVERIFY(greatest(value.loss.detach(), golden["loss." + key + "value"]) < 1e-5);
        QVERIFY(greatest(student.grad(), golden["loss." + key + "gradient"]) < 1e-5);
    }

private Q_SLOTS:
    void crossEntropyOfAllViewPairsEqualsTheFormula() { equalsTheFormula({}, ""); }

    void sinkhornTargetsEqualTheFormula() {
        DinoLossOptions options;
        options.targets = TeacherTargets::Sinkhorn;
        equalsTheFormula(options, "sinkhorn.");
    }

    void meanSquaredErrorEqualsTheFormula() {
        DinoLossOptions options;
        options.kind = LossKind::MeanSquaredError;
        equalsTheFormula(options, "mse.");
    }

    void lossIsEntropyPlusDivergence() {
        const Golden golden("ssl/ssl.safetensors");
        DinoLoss loss = makeLoss(golden);
        const DinoLossValue value =
            loss.forward(golden["loss.student"], golden["loss.teacher"], kTemperature, kImages);
        QVERIFY(greatest(value.entropy, golden["loss.entropy"]) < 1e-5);
        QVERIFY(greatest(value.entropy + value.kl, value.loss) < 1e-6);
        QVERIFY(value.kl.item<double>() > 0);
    }

    void centreMovesTowardsTheTeachersMean() {
        const Golden golden("ssl/ssl.safetensors");
        DinoLoss loss = makeLoss(golden);
        loss.forward(golden["loss.student"], golden["loss.teacher"], kTemperature, kImages);
        loss.updateCentre(one());
        QVERIFY(greatest(loss.centre(), golden["loss.nextcentre"]) < 1e-6);
    }

    void partsOfABatchAddUpToTheWhole() {
        const Golden golden("ssl/ssl.safetensors");
        DinoLoss loss = makeLoss(golden);
        const at::Tensor student = golden["loss.student"].requires_grad_();
        const at::Tensor teacher = golden["loss.teacher"];
        double total = 0;
        double entropy = 0;
        for (const auto& [first, count] : {std::pair{0, 1}, std::pair{1, 3}}) {
            const DinoLossValue value = loss.forward(part(student, kCrops, first, count),
                                                     part(teacher, 2, first, count), kTemperature, kImages);
            value.loss.backward();
            total += value.loss.item<double>();
            entropy += value.entropy.item<double>();
        }
        loss.updateCentre(one());
        QVERIFY(std::abs(total - golden["loss.value"].item<double>()) < 1e-5);
        QVERIFY(std::abs(entropy - golden["loss.entropy"].item<double>()) < 1e-5);
        QVERIFY(greatest(student.grad(), golden["loss.gradient"]) < 1e-5);
        QVERIFY(greatest(loss.centre(), golden["loss.nextcentre"]) < 1e-6);
    }

    void aStepThatIsNotTakenLeavesTheCentre() {
        const Golden golden("ssl/ssl.safetensors");
        DinoLoss loss = makeLoss(golden);
        loss.forward(golden["loss.student"], at::full({2 * kImages, 17}, NAN), kTemperature, kImages);
        loss.updateCentre(one(0));
        QVERIFY(loss.centre().equal(golden["loss.centre"]));
        loss.forward(golden["loss.student"], golden["loss.teacher"], kTemperature, kImages);
        loss.updateCentre(one());
        QVERIFY(greatest(loss.centre(), golden["loss.nextcentre"]) < 1e-6);
    }

    void withoutCentringTheCentreIsNotUsed() {
        const Golden golden("ssl/ssl.safetensors");
        DinoLossOptions options;
        options.centring = false;
        DinoLoss loss = makeLoss(golden, options);
        const DinoLossValue value =
            loss.forward(golden["loss.student"], golden["loss.teacher"], kTemperature, kImages);
        const at::Tensor q = at::softmax(golden["loss.teacher"] / kTemperature, -1);
        QVERIFY(greatest(value.entropy, at::special_entr(q).sum(-1).mean()) < 1e-6);
    }

    void logitsInHalfPrecisionGiveGradientsInHalfPrecision() {
        const Golden golden("ssl/ssl.safetensors");
        DinoLoss loss = makeLoss(golden);
        const at::Tensor student = golden["loss.student"].to(at::kBFloat16).requires_grad_();
        loss.forward(student, golden["loss.teacher"], kTemperature, kImages).loss.backward();
        QCOMPARE(student.grad().scalar_type(), at::kBFloat16);
        QVERIFY(greatest(student.grad(), golden["loss.gradient"]) < 2e-2);
    }
};

QTEST_APPLESS_MAIN(DinoLossTest)
#include "dino_loss_test.moc"
