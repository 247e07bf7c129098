#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/common_options.h"
#include "engine/base/job.h"
#include "engine/base/option.h"
#include "engine/scale/process_place.h"

namespace dinoscope::api {

enum class Precision { Fp32, Bf16 };

/// "fp32" or "bf16".
std::string name(Precision precision);

/// Where and how a model computes, once "auto" was resolved.
struct Placement {
    std::string device = "cpu";  ///< "cpu" or "cuda:N"
    Precision precision = Precision::Fp32;
};

/// What a status bar tells: "CPU, AMD EPYC, 2 threads, avx2".
struct DeviceInfo {
    std::string device;           ///< as in Placement
    std::string description;      ///< for people
    bool bf16IsFast = false;      ///< bf16 beats fp32 here
    std::int64_t freeMemory = 0;  ///< bytes that can be taken now
};

using dinoscope::commonOptions;

/// What a computation is for decides what `--precision auto` means: fp32 for files and numbers,
/// bf16 where it is fast for live views.
enum class Purpose { Numbers, LiveView };

/// Call once, before anything is computed: opens LibTorch's CUDA library where an NVIDIA driver is found
/// (about 1 s), so that "cuda" can be had. Reasons why not go to the log.
/// Of processes that train together each takes its part of the machine's threads.
void startRuntime(const OptionValues& common, const ProcessPlace& place = {});

/// Sets this thread's number of threads; jobs run on the thread that did. 0 means one a core.
void prepareThread(int threads);

/// Resolves "auto". Throws UsageError where a device or precision is asked for that is not there. Of
/// processes that train together each has a card of its own while there are enough.
Placement choosePlacement(const OptionValues& common, Purpose purpose, const ProcessPlace& place = {});

DeviceInfo describeDevice(const std::string& device);

/// A ThreadRunner whose interleaved jobs leave LibTorch's thread-local state as they found it.
std::unique_ptr<JobRunner> makeEngineRunner(int threads);

}  // namespace dinoscope::api
