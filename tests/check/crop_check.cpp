#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/ssl/augment/apply_crop.h"
#include "engine/train/view_uploader.h"
#include "tests/check/check_report.h"

namespace dinoscope {

namespace {

constexpr int kBatches = 5;  // more than are held while they are read
constexpr int kImages = 6;
/// A sample that is off by one of 255 differs by more.
constexpr double kSameBytes = 1e-6;

/// Noise of pixels in large and small blocks, so that blurring and resizing have something to do.
Image picture(std::uint64_t number) {
    Image image(40 + static_cast<int>(mix(number) % 500), 40 + static_cast<int>(mix(number, 1) % 500));
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            const auto place = static_cast<std::uint64_t>(y / 9 * image.width + x / 7);
            for (int c = 0; c < Image::kChannels; ++c) {
                const auto channel = static_cast<std::uint64_t>(c);
                const std::uint64_t fine = mix(place, number, channel, static_cast<std::uint64_t>(x * y));
                image.at(x, y)[c] =
                    static_cast<std::uint8_t>((mix(place, number, channel) + fine % 32) & 255);
            }
        }
    }
    return image;
}

MultiCropOptions smallCrops() {
    MultiCropOptions crops;
    crops.globalSize = 96;
    crops.localSize = 40;
    crops.localCrops = 4;
    return crops;
}

std::vector<CropPlan> plansOf(const Image& image, std::uint64_t key) {
    std::vector<CropPlan> plans;
    for (int view = 0; view < smallCrops().views(); ++view)
        plans.push_back(drawCropPlan(smallCrops(), image.width, image.height, view, key));
    return plans;
}

std::uint64_t keyOf(int batch, int slot) {
    return imageKey(1, batch, slot);
}

/// As CropMaker makes them: the views from `first` on.
at::Tensor onProcessor(const std::vector<Image>& images, int batch, int first, int views) {
    const int size = smallCrops().sizeOf(first);
    at::Tensor made = at::empty({views, kImages, 3, size, size});
    CropMaker maker;
    for (int slot = 0; slot < kImages; ++slot) {
        const Image& image = images[static_cast<std::size_t>(slot)];
        const std::vector<CropPlan> plans = plansOf(image, keyOf(batch, slot));
        for (int view = 0; view < views; ++view) {
            maker.make(image, plans[static_cast<std::size_t>(first + view)], size,
                       made[view][slot].mutable_data_ptr<float>());
        }
    }
    return made.flatten(0, 1);
}

/// As the loader hands it out.
CropBatch batchOf(CropBufferPool& pool, const std::vector<Image>& images, int number) {
    const std::shared_ptr<CropBuffers> buffers = pool.acquire();
    CropBatch batch;
    for (int slot = 0; slot < kImages; ++slot) {
        const Image& image = images[static_cast<std::size_t>(slot)];
        buffers->sources[static_cast<std::size_t>(slot)] =
            makeCropSource(image, plansOf(image, keyOf(number, slot)), smallCrops(), *buffers->store);
        batch.images.push_back(slot);
    }
    batch.wanted = batch.images;
    batch.buffers = buffers;
    return batch;
}

}  // namespace

void checkCrops(at::Device device) {
    std::vector<Image> images;
    for (std::uint64_t number = 0; number < kImages; ++number)
        images.push_back(picture(number));
    CropBufferPool pool(smallCrops(), kImages, cropAllocator(device), CropPlace::Device);
    ViewUploader uploader(smallCrops(), device, CropPlace::Device);
    std::vector<at::Tensor> globals;
    std::vector<at::Tensor> locals;
    std::vector<at::Tensor> expectedGlobals;
    std::vector<at::Tensor> expectedLocals;
    for (int batch = 0; batch < kBatches; ++batch) {
        // All are on their way before the first is looked at.
        const MicroBatch micro = uploader.upload(batchOf(pool, images, batch), 0, kImages);
        globals.push_back(micro.groups[0]);
        locals.push_back(micro.groups[1]);
    }
    for (int batch = 0; batch < kBatches; ++batch) {
        expectedGlobals.push_back(onProcessor(images, batch, 0, 2));
        expectedLocals.push_back(onProcessor(images, batch, 2, 4));
    }
    check("global crops made on " + device.str() + " against the processor's", at::cat(globals),
          at::cat(expectedGlobals), kSameBytes);
    check("local crops made on " + device.str() + " against the processor's", at::cat(locals),
          at::cat(expectedLocals), kSameBytes);
}

}  // namespace dinoscope
