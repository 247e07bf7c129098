#include "engine/api/runtime.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <c10/core/GradMode.h>
#include <malloc.h>

#include <algorithm>

#include "engine/api/cuda_driver.h"
#include "engine/base/cpu_features.h"
#include "engine/base/log.h"
#include "engine/base/memory.h"
#include "engine/base/mkl_dispatch.h"
#include "engine/base/parallel.h"
#include "engine/base/thread_runner.h"

namespace dinoscope::api {

namespace {

/// Blocks up to this size come from the heap and go back to it instead of to the system: the activations of
/// each block are as large as those of the one before, and fresh pages cost as much as the arithmetic on
/// them.
constexpr int kHeapBlockBytes = 512 << 20;

int cudaIndex(const std::string& device) {
    const auto colon = device.find(':');
    return colon == std::string::npos ? 0 : std::atoi(device.c_str() + colon + 1);
}

/// Of those of this machine its part.
int coresOf(const ProcessPlace& place) {
    if (place.cores > 0) return std::min(place.cores, availableCores());
    return std::max(1, availableCores() / place.localCount);
}

/// Batch systems often show a process its own card alone: then that is the first.
std::string ownCard(const ProcessPlace& place) {
    return "cuda:" + std::to_string(place.localRank % std::max(1, cudaDeviceCount()));
}

Placement withPrecision(Placement placement, const OptionValues& common, Purpose purpose) {
    const std::string& precision = common.text("precision");
    const bool fast = describeDevice(placement.device).bf16IsFast;
    const bool live = purpose == Purpose::LiveView;
    placement.precision =
        precision == "bf16" || (precision == "auto" && live && fast) ? Precision::Bf16 : Precision::Fp32;
    return placement;
}

}  // namespace

std::string name(Precision precision) {
    return precision == Precision::Bf16 ? "bf16" : "fp32";
}

void startRuntime(const OptionValues& common, const ProcessPlace& place) {
    mallopt(M_MMAP_THRESHOLD, kHeapBlockBytes);
    mallopt(M_TRIM_THRESHOLD, kHeapBlockBytes);
    log::info(
        cpuName() + ", " + std::to_string(availableCores()) + " cores, kernels for " + name(cpuPath()) +
        (mklTakesAvx512() ? ", MKL told to use AVX512 (DINOSCOPE_MKL_AVX512=0 leaves it to itself)" : ""));
    if (common.text("device") != "cpu") openCuda();
    const auto threads = static_cast<int>(common.integer("threads"));
    prepareThread(threads > 0 ? threads : coresOf(place));
}

void prepareThread(int threads) {
    const int count = threads > 0 ? threads : availableCores();
    setThreadCount(count);
    // Setting them makes a pool of threads too, which nothing here uses, and which spin for some 30 ms.
    if (at::get_num_threads() != count) at::set_num_threads(count);
}

Placement choosePlacement(const OptionValues& common, Purpose purpose, const ProcessPlace& place) {
    Placement placement;
    const std::string& device = common.text("device");
    if (device == "auto") {
        placement.device = cudaDeviceCount() > 0 ? ownCard(place) : "cpu";
    } else if (device == "cpu") {
        placement.device = "cpu";
    } else if (device == "cuda" || device.starts_with("cuda:")) {
        if (cudaDeviceCount() == 0) {
            throw UsageError("no CUDA card can be used here", "--device",
                             "give cpu or auto; " + log::defaultFile().string() + " says why");
        }
        if (device == "cuda") {
            placement.device = ownCard(place);
            return withPrecision(placement, common, purpose);
        }
        const int index = cudaIndex(device);
        const int count = cudaDeviceCount();
        if (index < 0 || index >= count || device.find_first_not_of("0123456789", 5) != std::string::npos) {
            throw UsageError("'" + device + "' is not there", "--device",
                             "give cuda:0 to cuda:" + std::to_string(count - 1));
        }
        placement.device = "cuda:" + std::to_string(index);
    } else {
        throw UsageError("'" + device + "' is not a device", "--device", "give auto, cpu, cuda or cuda:N");
    }
    return withPrecision(placement, common, purpose);
}

DeviceInfo describeDevice(const std::string& device) {
    DeviceInfo info;
    info.device = device;
    if (device.starts_with("cuda")) {
        info.description = cudaDeviceName(cudaIndex(device)) + " (" + device + ")";
        info.bf16IsFast = cudaHasFastBf16(cudaIndex(device));
        info.freeMemory = cudaFreeMemory(cudaIndex(device));
        return info;
    }
    const int threads = threadCount();
    info.description = "CPU, " + cpuName() + ", " + std::to_string(threads) +
                       (threads == 1 ? " thread, " : " threads, ") + name(cpuPath());
    info.bf16IsFast = cpuPath() >= CpuPath::Avx512Bf16;
    info.freeMemory = availableMemory();
    return info;
}

std::unique_ptr<JobRunner> makeEngineRunner(int threads) {
    const auto keepingState = [](const std::function<void()>& job) {
        const bool gradMode = c10::GradMode::is_enabled();
        const bool autocastCpu = at::autocast::is_autocast_enabled(at::kCPU);
        const bool autocastCuda = at::autocast::is_autocast_enabled(at::kCUDA);
        at::autocast::set_autocast_enabled(at::kCPU, false);
        at::autocast::set_autocast_enabled(at::kCUDA, false);
        const at::Tensor random = at::detail::getDefaultCPUGenerator().get_state();
        job();
        at::Generator generator = at::detail::getDefaultCPUGenerator();
        generator.set_state(random);
        at::autocast::set_autocast_enabled(at::kCPU, autocastCpu);
        at::autocast::set_autocast_enabled(at::kCUDA, autocastCuda);
        c10::GradMode::set_enabled(gradMode);
    };
    return std::make_unique<ThreadRunner>([threads] { prepareThread(threads); }, keepingState);
}

}  // namespace dinoscope::api
