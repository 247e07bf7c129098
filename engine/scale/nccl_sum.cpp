#include "engine/scale/nccl_sum.h"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

// Of nccl.h, version 2, whose binary interface is fixed.
constexpr int kSuccess = 0;
constexpr int kFloat32 = 7;  // ncclFloat32
constexpr int kSum = 0;      // ncclSum
struct UniqueId {
    char bytes[128];
};

/// NCCL's functions, those of them that are needed.
struct Nccl {
    int (*getUniqueId)(UniqueId*) = nullptr;
    int (*commInitRank)(void**, int, UniqueId, int) = nullptr;
    int (*allReduce)(const void*, void*, std::size_t, int, int, void*, void*) = nullptr;
    int (*commAbort)(void*) = nullptr;
    const char* (*getErrorString)(int) = nullptr;

    bool isWhole() const { return getUniqueId && commInitRank && allReduce && commAbort && getErrorString; }
};

const Nccl& nccl() {
    static const Nccl functions = [] {
        Nccl found;
        // The one that libtorch_cuda.so was linked with.
        void* library = dlopen("libnccl.so.2", RTLD_NOW | RTLD_NOLOAD);
        if (!library) return found;
        const auto take = [&](auto& function, const char* name) {
            function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
        };
        take(found.getUniqueId, "ncclGetUniqueId");
        take(found.commInitRank, "ncclCommInitRank");
        take(found.allReduce, "ncclAllReduce");
        take(found.commAbort, "ncclCommAbort");
        take(found.getErrorString, "ncclGetErrorString");
        return found;
    }();
    return functions;
}

void check(int result, const char* what) {
    if (result != kSuccess) throw Error(std::string(what) + ": " + nccl().getErrorString(result), "NCCL");
}

}  // namespace

bool NcclSum::isThere() {
    return nccl().isWhole();
}

std::string NcclSum::makeId() {
    UniqueId id{};
    check(nccl().getUniqueId(&id), "no meeting place could be made");
    return {id.bytes, sizeof(id.bytes)};
}

NcclSum::NcclSum(const std::string& id, int rank, int count, at::Device card) : card_(card) {
    UniqueId place{};
    std::memcpy(place.bytes, id.data(), std::min(id.size(), sizeof(place.bytes)));
    const c10::DeviceGuard guard(card);
    check(nccl().commInitRank(&communicator_, count, place, rank), "the cards cannot reach each other");
}

NcclSum::~NcclSum() {
    abort();
}

void NcclSum::sum(const at::Tensor& tensor) {
    const c10::DeviceGuard guard(card_);
    const c10::impl::VirtualGuardImpl streams(card_.type());
    void* stream = streams.getStreamNativeHandle(streams.getStream(card_));
    check(nccl().allReduce(tensor.const_data_ptr(), tensor.mutable_data_ptr(),
                           static_cast<std::size_t>(tensor.numel()), kFloat32, kSum, communicator_, stream),
          "gradients could not be added up");
}

void NcclSum::abort() noexcept {
    if (communicator_) nccl().commAbort(std::exchange(communicator_, nullptr));
}

}  // namespace dinoscope
