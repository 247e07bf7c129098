#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/option.h"

namespace dinoscope {

/// Predicted peak memory of a training, by part. Bytes.
struct MemoryPlan {
    struct Part {
        std::string name;
        std::int64_t bytes = 0;
    };

    struct Advice {
        std::string sentence;
        bool resumes = false;  ///< a run that has begun may change it
    };

    std::vector<Part> parts;     ///< of the device's memory
    std::int64_t total = 0;      ///< sum of the parts
    std::int64_t available = 0;  ///< what this process can still take
    // What a card's training takes of main memory, and what it can; empty and 0 on a CPU, whose memory it is.
    std::vector<Part> hostParts;
    std::int64_t hostTotal = 0;
    std::int64_t hostAvailable = 0;
    std::int64_t batch = 0;  ///< --batch-size-per-gpu
    std::int64_t microBatch = 0;
    /// The largest --batch-size-per-gpu that fits, 0 if not even one image does.
    std::int64_t largestBatch = 0;
    /// What else would make it smaller, a sentence each, the most useful first.
    std::vector<Advice> advice;
    bool resumes = false;  ///< of a run that has begun: its batch is fixed

    bool fitsDevice() const { return total <= available; }
    bool fits() const { return fitsDevice() && hostTotal <= hostAvailable; }
};

/// What the images add.
struct ImageFacts {
    std::int64_t classes = 0;
    std::int64_t pixelBytes = 0;  ///< of all images, decoded
    std::int64_t images = 0;      ///< 0 where they are not known
};

/// Where and how a training computes.
struct ComputePlace {
    c10::Device device;
    bool bf16 = false;
    int threads = 1;
    int sharers = 1;        ///< processes of this machine that share its memory
    int sharersOfCard = 1;  ///< and those that compute on the same card
};

/// Predicts the peak of `options`, whose --accumulate is that of one process; on a CPU that of the whole
/// process, from what it holds now. `resumes`: the run has begun, and only what may still change is advised.
MemoryPlan planMemory(const OptionValues& options, const ImageFacts& images, const ComputePlace& place,
                      bool resumes = false);

/// What a checkpoint takes of the disk: the weights of both networks and the optimizer's state. Bytes.
std::int64_t checkpointBytes(const OptionValues& options, std::int64_t classes);

/// Bytes of decoded images that --cache-memory allows, of these images. Left to itself a part of the memory
/// that is free, which `sharers` processes have between them.
std::int64_t cacheBytes(const OptionValues& options, std::int64_t pixelBytes, int sharers = 1);

/// Throws Error with the numbers where it does not fit.
void refuseWhatDoesNotFit(const MemoryPlan& plan);

/// What is told where memory ran out all the same, with the plan's numbers and the same advice.
/// `saved`: whether the run holds a checkpoint.
Error memoryRanOut(const MemoryPlan& plan, bool saved);

/// "1.24 GB"
std::string formatBytes(std::int64_t bytes);

}  // namespace dinoscope
