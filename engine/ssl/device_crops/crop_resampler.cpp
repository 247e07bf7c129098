#include "engine/ssl/device_crops/crop_resampler.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "engine/image/resample.h"
#include "engine/image/resample_kernels.h"
#include "engine/ssl/device_crops/host_lists.h"

namespace dinoscope {

namespace {

constexpr std::int64_t kPadding = 8;      // sides are multiples of it: products of matrices like that
constexpr std::int64_t kMostPadding = 2;  // times as much as a crop needs alone
constexpr double kHalf = 1 << (kWeightBits - 1);
constexpr double kUnit = 1.0 / (1 << kWeightBits);

/// How a job's box is resized along one side.
struct Side {
    std::int64_t length = 0;  ///< px
    std::int64_t step = 0;    ///< pixels in memory from one px to the next
    std::int64_t table = 0;   ///< as CropSource::Axis has it, from the first of all bytes
    std::int64_t taps = 0;
    int lowBits = 0;  ///< of the low part of a weight
};

struct Passes {
    std::int64_t pixel = 0;  ///< the box's first, from the first of all bytes
    Side first;
    Side second;
    bool rowsFirst = false;  ///< whether `first` are the rows
};

/// High parts reach 2^(22 - bits) times the greatest weight, low ones 2^(bits - 1). A box 2^k times as long
/// as its crop has some 2^(k + 2) weights a sample, of a greatest of 1.2 / 2^k and with magnitudes that sum
/// up to 1.3: with 12 - k bits no part exceeds 2^11, which TF32 holds, and no sum of 8-bit samples 2^23. From
/// k = 5 on the high parts' sum is what limits, and 7 bits hold up to kMostShrinking.
int lowBits(std::int64_t length, int size) {
    constexpr int kMost = 12;
    constexpr int kLeast = 7;
    int bits = kMost;
    for (std::int64_t side = std::int64_t{2} * size; side <= length && bits > kLeast; side *= 2)
        --bits;
    return bits;
}

Passes passesOf(const CropJob& job) {
    const CropSource::View& view = *job.view;
    const auto side = [&](const CropSource::Axis& axis, std::int64_t step) {
        constexpr std::int64_t kNumber = sizeof(std::int32_t);
        return Side{axis.length, step, job.place / kNumber + axis.table, axis.taps,
                    lowBits(axis.length, view.size)};
    };
    const std::int64_t pixel = job.place / Image::kChannels + view.pixel;
    const Side columns = side(view.columns, 1);
    const Side rows = side(view.rows, view.rowPixels);
    if (joinsRowsFirst(view.columns.length, view.rows.length, view.size, view.size))
        return {pixel, rows, columns, true};
    return {pixel, columns, rows, false};
}

std::int64_t padded(std::int64_t length) {
    return (length + kPadding - 1) / kPadding * kPadding;
}

/// Jobs that are resized together, as if their boxes were all of one size.
struct Chunk {
    std::vector<std::int64_t> rows;  ///< of the jobs
    std::int64_t first = 0;          ///< px, the longest of each side
    std::int64_t second = 0;
    bool rowsFirst = false;

    /// Takes another's in, whose sides are no longer on the whole, unless they then need too much, or that
    /// one would be more padding than anything else.
    bool add(const Chunk& other, int size, std::int64_t workspace) {
        const std::int64_t longest = std::max(first, other.first);
        const std::int64_t highest = std::max(second, other.second);
        const std::int64_t each = resampleBytes(longest, highest, size);
        const auto count = static_cast<std::int64_t>(rows.size() + other.rows.size());
        const bool isMostlyPadding = each > kMostPadding * resampleBytes(other.first, other.second, size);
        if (rowsFirst != other.rowsFirst || isMostlyPadding || count * each > workspace) return false;
        rows.insert(rows.end(), other.rows.begin(), other.rows.end());
        first = longest;
        second = highest;
        return true;
    }
};

/// Boxes of about the same size come together, the largest first.
std::vector<Chunk> cutIntoChunks(const std::vector<Passes>& passes, int size, std::int64_t workspace) {
    std::vector<Chunk> chunks;
    std::vector<Chunk> single;
    for (std::size_t row = 0; row < passes.size(); ++row) {
        const Passes& each = passes[row];
        single.push_back({{static_cast<std::int64_t>(row)},
                          padded(each.first.length),
                          padded(each.second.length),
                          each.rowsFirst});
    }
    std::sort(single.begin(), single.end(), [](const Chunk& a, const Chunk& b) {
        return std::tuple(a.rowsFirst, b.first * b.second, a.rows.front()) <
               std::tuple(b.rowsFirst, a.first * a.second, b.rows.front());
    });
    for (Chunk& each : single) {
        if (chunks.empty() || !chunks.back().add(each, size, workspace)) chunks.push_back(std::move(each));
    }
    return chunks;
}

/// The sides of a chunk's crops on the device.
struct DeviceSide {
    std::int64_t length = 0;  ///< px, padded
    at::Tensor last;          ///< [crops, 1] int64, as all that follow: the last px
    at::Tensor step;
    at::Tensor table;
    at::Tensor taps;
    at::Tensor unit;  ///< [crops, 1, 1] float32: 2^lowBits
    at::Tensor part;  ///< [crops, 1, 1] float32: 2^-lowBits
};

struct DeviceChunk {
    at::Tensor rows;   ///< [crops] int64
    at::Tensor pixel;  ///< [crops, 1] int64
    DeviceSide first;
    DeviceSide second;
};

DeviceChunk toDevice(const Chunk& chunk, const std::vector<Passes>& passes, at::Device device) {
    std::vector<std::int64_t> whole = chunk.rows;
    std::vector<float> real;
    const auto list = [&](auto& numbers, const auto& number) {
        for (const std::int64_t row : chunk.rows)
            numbers.push_back(number(passes[static_cast<std::size_t>(row)]));
    };
    list(whole, [](const Passes& each) { return each.pixel; });
    for (Side Passes::*side : {&Passes::first, &Passes::second}) {
        list(whole, [side](const Passes& each) { return (each.*side).length - 1; });
        list(whole, [side](const Passes& each) { return (each.*side).step; });
        list(whole, [side](const Passes& each) { return (each.*side).table; });
        list(whole, [side](const Passes& each) { return (each.*side).taps; });
        list(real, [side](const Passes& each) { return std::ldexp(1.0F, (each.*side).lowBits); });
        list(real, [side](const Passes& each) { return std::ldexp(1.0F, -(each.*side).lowBits); });
    }
    const auto crops = static_cast<std::int64_t>(chunk.rows.size());
    const at::Tensor wholes = onDevice(std::span<const std::int64_t>(whole), device).view({-1, crops, 1});
    const at::Tensor reals = onDevice(std::span<const float>(real), device).view({-1, crops, 1, 1});
    const auto side = [&](std::int64_t length, std::int64_t w, std::int64_t r) {
        return DeviceSide{length,        wholes[w], wholes[w + 1], wholes[w + 2],
                          wholes[w + 3], reals[r],  reals[r + 1]};
    };
    return {wholes[0].flatten(), wholes[1], side(chunk.first, 2, 0), side(chunk.second, 6, 2)};
}

/// [crops, second, 3, first] float32: the boxes, beyond whose sides their last px go on.
at::Tensor gather(const at::Tensor& bytes, const DeviceChunk& chunk) {
    const DeviceSide& first = chunk.first;
    const DeviceSide& second = chunk.second;
    const auto alongSide = [](const DeviceSide& side) {
        return at::minimum(at::arange(side.length, side.last.options()), side.last) * side.step;
    };
    const at::Tensor places = (alongSide(second) + chunk.pixel).unsqueeze(2) + alongSide(first).unsqueeze(1);
    const at::Tensor pixels = bytes.view({-1, Image::kChannels}).index_select(0, places.flatten());
    const std::int64_t crops = chunk.pixel.size(0);
    at::Tensor boxes =
        at::empty({crops, second.length, Image::kChannels, first.length}, bytes.options().dtype(at::kFloat));
    boxes.copy_(pixels.view({crops, second.length, first.length, Image::kChannels}).permute({0, 1, 3, 2}));
    return boxes;
}

/// [crops, 2 * size, length] float32: the high parts of the weights of each sample of the crops, then the low
/// ones, in whole numbers.
at::Tensor weightMatrices(const at::Tensor& bytes, const DeviceSide& side, std::int64_t size) {
    const at::Tensor numbers = bytes.view(at::kInt);
    const std::int64_t crops = side.table.size(0);
    const at::Tensor samples = at::arange(size, side.table.options());
    const at::Tensor firstPx = numbers.index_select(0, (side.table + samples).flatten());
    // A sample's weights have a 0 on either side: that is where all other px find theirs.
    at::Tensor places = at::arange(side.length, side.table.options()) - firstPx.view({crops, size, 1});
    places.clamp_max_(side.taps.unsqueeze(2)).clamp_min_(-1);
    places.add_((side.table + samples * (side.taps + 1) + (size + 1)).unsqueeze(2));
    const at::Tensor weights =
        numbers.index_select(0, places.flatten()).view({crops, size, side.length}).to(at::kFloat);
    at::Tensor parts = at::empty({crops, 2 * size, side.length}, weights.options());
    at::Tensor high = parts.narrow(1, 0, size);
    at::Tensor low = parts.narrow(1, size, size);
    at::mul_out(high, weights, side.part).add_(0.5).floor_();
    at::addcmul_out(low, weights, high, side.unit, -1);
    return parts;
}

/// 8-bit samples of the sums of their two parts: (high * 2^lowBits + low + kHalf) >> kWeightBits, cut off.
at::Tensor rounded(const at::Tensor& high, const at::Tensor& low, const DeviceSide& side) {
    const at::Tensor scale = side.unit * kUnit;
    return low.add(kHalf).mul_(side.part).floor_().add_(high).mul_(scale).floor_().clamp_(0, 255);
}

/// [crops, 3, size, size]
at::Tensor resample(const at::Tensor& bytes, const DeviceChunk& chunk, std::int64_t size, bool rowsFirst) {
    const std::int64_t crops = chunk.pixel.size(0);
    const std::int64_t lines = chunk.second.length;
    at::Tensor sums =
        at::bmm(gather(bytes, chunk).view({crops, lines * Image::kChannels, chunk.first.length}),
                weightMatrices(bytes, chunk.first, size).transpose(1, 2));
    const at::Tensor halfway = rounded(sums.narrow(2, 0, size), sums.narrow(2, size, size), chunk.first);
    sums = at::bmm(weightMatrices(bytes, chunk.second, size),
                   halfway.reshape({crops, lines, Image::kChannels * size}));
    const at::Tensor whole = rounded(sums.narrow(1, 0, size), sums.narrow(1, size, size), chunk.second);
    const at::Tensor samples = whole.reshape({crops, size, Image::kChannels, size});
    return rowsFirst ? samples.permute({0, 2, 3, 1}) : samples.permute({0, 2, 1, 3});
}

}  // namespace

std::int64_t resampleBytes(std::int64_t first, std::int64_t second, std::int64_t size) {
    const std::int64_t boxes = 24 * first * second;             // places in int64, bytes, floats
    const std::int64_t weights = 28 * size * (first + second);  // places, int32, floats, both parts
    const std::int64_t halfway = 48 * size * second;            // sums of both parts, rounded
    return boxes + weights + halfway + 40 * size * size;
}

at::Tensor resampleCrops(const at::Tensor& bytes, std::span<const CropJob> jobs, std::int64_t workspace) {
    const int size = jobs.front().view->size;
    std::vector<Passes> passes;
    for (const CropJob& job : jobs)
        passes.push_back(passesOf(job));
    at::Tensor crops = at::empty({static_cast<std::int64_t>(jobs.size()), Image::kChannels, size, size},
                                 bytes.options().dtype(at::kFloat));
    for (const Chunk& chunk : cutIntoChunks(passes, size, workspace)) {
        const DeviceChunk there = toDevice(chunk, passes, bytes.device());
        crops.index_copy_(0, there.rows, resample(bytes, there, size, chunk.rowsFirst));
    }
    return crops;
}

}  // namespace dinoscope
