#include "engine/nn/vit_config.h"

#include <map>

#include "engine/base/error.h"

namespace dinoscope {

VitConfig VitConfig::byName(const std::string& architecture, int patchSize) {
    struct Shape {
        int dim;
        int depth;
        int heads;
    };
    static const std::map<std::string, Shape> kShapes{{"vit_tiny", {192, 12, 3}},
                                                      {"vit_small", {384, 12, 6}},
                                                      {"vit_base", {768, 12, 12}},
                                                      {"vit_large", {1024, 24, 16}}};
    const auto found = kShapes.find(architecture);
    if (found == kShapes.end()) {
        throw UsageError("'" + architecture + "' is not known", "--arch",
                         "give vit_tiny, vit_small, vit_base or vit_large");
    }
    const Shape& shape = found->second;
    VitConfig config;
    config.dim = shape.dim;
    config.depth = shape.depth;
    config.heads = shape.heads;
    config.patchSize = patchSize;
    // Positions are learnt on whole patches: 224 where the patch divides it, else the next multiple below.
    config.imageSize = 224 / patchSize * patchSize;
    config.mlpDim = 4 * shape.dim;
    return config;
}

}  // namespace dinoscope
