#include "engine/nn/resnet_shapes.h"

namespace dinoscope {

std::map<std::string, std::vector<std::int64_t>> expectedResNet50Shapes() {
    std::map<std::string, std::vector<std::int64_t>> shapes;
    const auto convolution = [&](const std::string& name, std::int64_t out, std::int64_t in,
                                 std::int64_t kernel) {
        shapes[name + ".weight"] = {out, in, kernel, kernel};
    };
    const auto norm = [&](const std::string& name, std::int64_t channels) {
        for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
            shapes[name + part] = {channels};
    };
    convolution("conv1", 64, 3, 7);
    norm("bn1", 64);
    constexpr int kBlocks[] = {3, 4, 6, 3};
    std::int64_t in = 64;
    for (int stage = 0; stage < 4; ++stage) {
        const std::int64_t width = std::int64_t{64} << stage;
        const std::int64_t out = 4 * width;
        for (int i = 0; i < kBlocks[stage]; ++i) {
            const std::string block = "layer" + std::to_string(stage + 1) + "." + std::to_string(i) + ".";
            convolution(block + "conv1", width, in, 1);
            norm(block + "bn1", width);
            convolution(block + "conv2", width, width, 3);
            norm(block + "bn2", width);
            convolution(block + "conv3", out, width, 1);
            norm(block + "bn3", out);
            if (i == 0) {
                convolution(block + "downsample.0", out, in, 1);
                norm(block + "downsample.1", out);
            }
            in = out;
        }
    }
    return shapes;
}

}  // namespace dinoscope
