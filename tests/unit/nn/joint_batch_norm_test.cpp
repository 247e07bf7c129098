#include "engine/nn/joint_batch_norm.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <array>

#include "tests/unit/scale/group_fixture.h"

using namespace dinoscope;

namespace {

constexpr std::int64_t kChannels = 5;

/// What a layer makes of some images, and what comes back.
struct Found {
    at::Tensor output;
    at::Tensor inputGradient;
    at::Tensor weightGradient;
    at::Tensor biasGradient;
    at::Tensor runningMean;
    at::Tensor runningVariance;
    std::int64_t batches = 0;
};

/// Of mean 100: a variance by a difference of squares would be off.
at::Tensor inputs() {
    return at::sin(at::arange(6 * kChannels * 4 * 3, at::kFloat) * 1.7).view({6, kChannels, 4, 3}) * 3 + 100;
}

at::Tensor direction() {
    return at::cos(at::arange(6 * kChannels * 4 * 3, at::kFloat) * 0.37).view({6, kChannels, 4, 3});
}

template <typename Layer>
Found computed(Layer layer, const at::Tensor& images, const at::Tensor& towards) {
    {
        const at::NoGradGuard guard;
        layer->weight.copy_(at::arange(kChannels, at::kFloat) + 0.5);
        layer->bias.copy_(at::arange(kChannels, at::kFloat) * -0.25);
    }
    const at::Tensor x = images.clone().requires_grad_();
    Found found;
    for (int pass = 0; pass < 2; ++pass) {
        layer->zero_grad();
        if (x.grad().defined()) x.mutable_grad().zero_();
        found.output = layer(x);
        (found.output.to(at::kFloat) * towards).sum().backward();
    }
    found.inputGradient = x.grad();
    found.weightGradient = layer->weight.grad();
    found.biasGradient = layer->bias.grad();
    found.runningMean = layer->running_mean;
    found.runningVariance = layer->running_var;
    found.batches = layer->num_batches_tracked.template item<std::int64_t>();
    return found;
}

BatchSum sumOf(const std::shared_ptr<ProcessGroup>& group) {
    return [group](std::span<const at::Tensor> tensors) { group->sum(tensors); };
}

}  // namespace

class JointBatchNormTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void imagesOfAllProcessesAreNormalisedTogether() {
        const Found expected = computed(torch::nn::BatchNorm2d(kChannels), inputs(), direction());
        // 2 and 4 images.
        std::array<Found, 2> parts;
        rethrowAny(inProcesses(2, [&](const std::shared_ptr<ProcessGroup>& group) {
            const BatchSumGuard guard(sumOf(group));
            const std::int64_t first = group->rank() * 2;
            const std::int64_t count = 2 + 2 * group->rank();
            parts[std::size_t(group->rank())] =
                computed(JointBatchNorm2d(kChannels), inputs().narrow(0, first, count),
                         direction().narrow(0, first, count));
        }));
        const auto both = [&](at::Tensor Found::*part) { return at::cat({parts[0].*part, parts[1].*part}); };
        QVERIFY(at::allclose(both(&Found::output), expected.output, 1e-5, 1e-4));
        QVERIFY(at::allclose(both(&Found::inputGradient), expected.inputGradient, 1e-4, 1e-5));
        QVERIFY(at::allclose(parts[0].weightGradient + parts[1].weightGradient, expected.weightGradient, 1e-4,
                             1e-4));
        QVERIFY(
            at::allclose(parts[0].biasGradient + parts[1].biasGradient, expected.biasGradient, 1e-4, 1e-4));
        for (const Found& part : parts) {
            QVERIFY(at::allclose(part.runningMean, expected.runningMean));
            QVERIFY(at::allclose(part.runningVariance, expected.runningVariance, 1e-4));
            QCOMPARE(part.batches, std::int64_t{2});
        }
    }

    void rowsAreNormalisedLikeMaps() {
        const at::Tensor rows = inputs().narrow(2, 0, 1).narrow(3, 0, 1).reshape({6, kChannels});
        const at::Tensor towards = direction().narrow(2, 0, 1).narrow(3, 0, 1).reshape({6, kChannels});
        const Found expected = computed(torch::nn::BatchNorm1d(kChannels), rows, towards);
        const BatchSumGuard guard([](std::span<const at::Tensor>) {});
        const Found found = computed(JointBatchNorm1d(kChannels), rows, towards);
        QVERIFY(at::allclose(found.output, expected.output, 1e-5, 1e-4));
        QVERIFY(at::allclose(found.inputGradient, expected.inputGradient, 1e-3, 1e-5));
    }

    void halfPrecisionKeepsItsType() {
        const BatchSumGuard guard([](std::span<const at::Tensor>) {});
        const at::Tensor images = (inputs() - 100).to(at::kBFloat16);
        const Found found = computed(JointBatchNorm2d(kChannels), images, direction());
        QVERIFY(found.output.scalar_type() == at::kBFloat16);
        QVERIFY(found.inputGradient.scalar_type() == at::kBFloat16);
        const Found expected =
            computed(torch::nn::BatchNorm2d(kChannels), images.to(at::kFloat), direction());
        QVERIFY(at::allclose(found.output.to(at::kFloat), expected.output, 1e-2, 2e-2));
    }

    void withoutASumItIsPyTorchsModule() {
        const Found expected = computed(torch::nn::BatchNorm2d(kChannels), inputs(), direction());
        {
            const BatchSumGuard guard([](std::span<const at::Tensor>) { qFatal("not here"); });
            const BatchSumGuard none({});
            const Found found = computed(JointBatchNorm2d(kChannels), inputs(), direction());
            QVERIFY(at::equal(found.output, expected.output));
            QVERIFY(at::equal(found.inputGradient, expected.inputGradient));
        }
        QVERIFY(!batchSum());
    }

    void whatDoesNotTrainUsesTheRunningStatistics() {
        const BatchSumGuard guard([](std::span<const at::Tensor>) { qFatal("not here"); });
        JointBatchNorm2d layer(kChannels);
        layer->eval();
        QVERIFY(at::allclose(layer(inputs()), inputs(), 1e-4));
    }
};

QTEST_GUILESS_MAIN(JointBatchNormTest)
#include "joint_batch_norm_test.moc"
