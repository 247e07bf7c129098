#include "engine/api/cuda_driver.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>

#include <array>

#include "engine/base/log.h"

namespace dinoscope::api {

namespace {

template <typename Function>
Function* symbol(void* library, const char* name) {
    return reinterpret_cast<Function*>(dlsym(library, name));
}

void* driver() {
    static void* const handle = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    return handle;
}

}  // namespace

void openCuda() {
    if (!driver()) {
        log::info("no NVIDIA driver: computing on the CPU");
        return;
    }
    if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) {
        log::warn(std::string("an NVIDIA driver is here, but LibTorch's CUDA part cannot be opened: ") +
                  dlerror());
        return;
    }
    log::info(cudaDeviceCount() > 0 ? "CUDA: " + cudaDeviceName(0) : "LibTorch finds no CUDA card");
}

int cudaDeviceCount() {
    return at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
}

std::string cudaDeviceName(int index) {
    std::array<char, 128> text{};
    const auto deviceName = driver() ? symbol<int(char*, int, int)>(driver(), "cuDeviceGetName") : nullptr;
    if (!deviceName || deviceName(text.data(), text.size() - 1, index) != 0) return "CUDA card";
    return text.data();
}

bool cudaHasFastBf16(int index) {
    constexpr int kCapabilityMajor = 75;  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    constexpr int kAmpere = 8;
    int major = 0;
    const auto attribute = driver() ? symbol<int(int*, int, int)>(driver(), "cuDeviceGetAttribute") : nullptr;
    return attribute && attribute(&major, kCapabilityMajor, index) == 0 && major >= kAmpere;
}

std::int64_t cudaFreeMemory(int index) {
    try {
        at::globalContext().lazyInitDevice(at::kCUDA);
        auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(at::kCUDA));
        if (!allocator) return 0;
        const auto card = static_cast<c10::DeviceIndex>(index);
        const auto free = static_cast<std::int64_t>(allocator->getMemoryInfo(card).first);
        if (!allocator->initialized()) return free;
        constexpr std::size_t kAll = 0;  // of the kinds of memory that statistics are kept for
        const auto stats = allocator->getDeviceStats(card);
        return free + stats.reserved_bytes[kAll].current - stats.allocated_bytes[kAll].current;
    } catch (const c10::Error& error) {
        log::warn(std::string("free memory of the card: ") + error.what_without_backtrace());
        return 0;
    }
}

}  // namespace dinoscope::api
