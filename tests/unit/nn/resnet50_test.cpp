#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <malloc.h>

#include <QtTest/QtTest>

#include "engine/nn/inference_resnet.h"
#include "engine/nn/resnet50.h"
#include "engine/nn/resnet_shapes.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

/// The formula of tests/golden/resnet/make_resnet.py.
void fill(const std::string& name, at::Tensor weight) {
    const double fanOut = double(weight.size(0) * weight.size(2) * weight.size(3));
    std::int64_t start = 0;
    for (std::size_t i = 0; i < name.size(); ++i)
        start += std::int64_t(i + 1) * static_cast<unsigned char>(name[i]);
    const at::Tensor i = at::arange(weight.numel(), at::kLong);
    const std::int64_t range = std::int64_t{1} << 32;
    const at::Tensor drawn = (i * i * 2654435761 + i * (40503 * start) + start).remainder(range);
    const at::Tensor values = drawn.to(at::kDouble) / double(range) - 0.5;
    weight.copy_((std::sqrt(24 / fanOut) * values).view(weight.sizes()));
}

ResNet50 filledNetwork() {
    const at::NoGradGuard guard;
    ResNet50 network(0);
    network->to(at::kDouble);
    for (const auto& item : network->named_parameters()) {
        if (item.value().dim() == 4) fill(item.key(), item.value());
    }
    return network;
}

/// What is taken next has held what is not a number.
void leaveNothingFinite() {
    std::vector<at::Tensor> held;
    for (int i = 0; i < 6; ++i) {
        for (std::int64_t size = 1 << 10; size <= 1 << 21; size *= 2)
            held.push_back(at::full({size}, NAN));
    }
}

/// Two groups of images, as crops of two sizes.
std::vector<at::Tensor> imagesOf(const Golden& golden) {
    return {golden["images0"].to(at::kDouble), golden["images1"].to(at::kDouble)};
}

}  // namespace

class ResNet50Test : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void featuresAndGradientsEqualTorchvision() {
        const Golden golden("resnet/resnet.safetensors");
        ResNet50 network = filledNetwork();
        const std::vector<at::Tensor> groups = imagesOf(golden);
        const at::Tensor features = network->forward(groups, {});
        QVERIFY(greatest(features.detach(), golden["features"]) < 1e-9);
        (features * golden["direction"]).sum().backward();
        for (const char* name : {"conv1.weight", "layer2.0.bn3.weight", "layer4.2.bn3.bias"}) {
            const at::Tensor expected = golden[std::string("gradient.") + name];
            const at::Tensor difference = network->named_parameters()[name].grad() - expected;
            QVERIFY2((difference.norm() / expected.norm()).item<double>() < 1e-9, name);
        }
        const at::Tensor mean = network->named_buffers()["layer1.0.bn1.running_mean"];
        QVERIFY(greatest(mean, golden["mean.layer1.0.bn1.running_mean"]) < 1e-9);
    }

    void inferenceEqualsTorchvision() {
        const Golden golden("resnet/resnet.safetensors");
        ResNet50 network = filledNetwork();
        {
            const at::NoGradGuard guard;
            network->forward(imagesOf(golden), {});  // running statistics are those after these groups
        }
        const InferenceResNet inference(stateDict(*network), at::kCPU, at::kFloat);
        JobControl control;
        const at::Tensor image = golden["seen.image"];
        const at::Tensor map = golden["seen.map"];
        const double size = map.abs().max().item<double>();
        QVERIFY(greatest(inference.lastMap(image, control), map) < 1e-4 * size);
        QVERIFY(greatest(inference.features(image, control), golden["seen.features"]) < 1e-4 * size);
        const at::Tensor energy = activationEnergy(map);
        QCOMPARE(energy.sizes(), at::IntArrayRef({2, 3}));
        const double corner = (map.select(2, 1).select(2, 2).square().sum() / 2048).item<double>();
        QVERIFY(std::abs(energy[1][2].item<double>() - corner) < 1e-5 * corner);
        control.cancel();
        QVERIFY_EXCEPTION_THROWN(inference.features(image, control), Cancelled);
    }

    void namesAndSizesAreTorchvisions() {
        const StateDict names = stateDict(*ResNet50(0));
        for (const auto& [name, shape] : expectedResNet50Shapes())
            QCOMPARE(names.at(name).sizes(), at::IntArrayRef(shape));
        QCOMPARE(names.size(), expectedResNet50Shapes().size() + 53);  // and a counter of batches each
        QCOMPARE(names.size(), 318U);
        QCOMPARE(names.at("layer3.5.conv2.weight").sizes(), at::IntArrayRef({256, 256, 3, 3}));
        QVERIFY(names.contains("layer1.0.downsample.1.running_var"));
    }

    void aMapOnePixelWideIsConvolvedAsAnyOther() {
        Bottleneck block(8, 4, 2);
        block->to(at::kDouble);
        const at::Tensor x = at::randn({2, 8, 5, 1}, at::kDouble);
        // A column of zeros makes it two wide, and changes nothing of the first column of the result.
        const at::Tensor wide = at::constant_pad_nd(x, {0, 1});
        block->eval();
        const at::Tensor expected = block->forward(wide), found = block->forward(x);
        QCOMPARE(found.sizes(), expected.sizes());
        QVERIFY(at::allclose(found, expected));
    }

    /// oneDNN reads what was in memory before, in bf16 where the processor has it.
    void aMapOfOnePixelHasGradients() {
        mallopt(M_MMAP_THRESHOLD, 1 << 30);  // as the programs do: what is freed is given out again as it is
        Bottleneck block(256, 64, 2);
        for (int trial = 0; trial < 8; ++trial) {
            const at::Tensor x = at::randn({4, 256, 1, 1});
            at::autocast::set_autocast_enabled(at::kCPU, true);
            at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
            const at::Tensor y = block->forward(x);
            at::autocast::set_autocast_enabled(at::kCPU, false);
            at::autocast::clear_cache();
            leaveNothingFinite();
            y.to(at::kFloat).square().mean().backward();
            for (const auto& item : block->named_parameters()) {
                QVERIFY2(item.value().grad().isfinite().all().item<bool>(), item.key().c_str());
                item.value().mutable_grad().reset();
            }
        }
    }

    void initialWeightsDependOnTheSeedAlone() {
        const auto weight = [](std::uint64_t seed) {
            return stateDict(*ResNet50(seed)).at("layer2.1.conv2.weight").detach();
        };
        QVERIFY(weight(1).equal(weight(1)));
        QVERIFY(!weight(1).equal(weight(2)));
        QVERIFY(std::abs(weight(1).std().item<double>() - std::sqrt(2.0 / (128 * 9))) < 1e-3);
    }
};

QTEST_APPLESS_MAIN(ResNet50Test)
#include "resnet50_test.moc"
