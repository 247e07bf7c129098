#include "engine/scale/process_group.h"

#include <ATen/ATen.h>
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/log.h"
#include "engine/scale/nccl_sum.h"

namespace dinoscope {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::minutes kPatienceToMeet{10};
constexpr std::chrono::minutes kPatienceToConnect{2};
/// Others wait for process 0 while it evaluates and writes.
constexpr std::chrono::hours kPatienceWithTheFirst{1};
/// It waits for the others in a step alone, and must have given up before its run counts as left by its
/// writer (RunLock: ten minutes).
constexpr std::chrono::minutes kPatienceOfTheFirst{9};
/// Of one attempt, between which a job can be cancelled.
constexpr std::chrono::milliseconds kAttempt{1000};
constexpr std::int64_t kBucketNumbers = 8 << 20;  ///< summed at a time: 32 MB

std::string ofCount(const ProcessPlace& place) {
    return "process " + std::to_string(place.rank) + " of " + std::to_string(place.count);
}

std::string address(const ProcessPlace& place) {
    return place.host + ":" + std::to_string(place.port);
}

/// c10d writes to stderr, with stack traces, of each attempt to reach a process that has not begun yet; what
/// fails in the end is thrown as well. And it keeps a record of all messages that nobody reads here, and that
/// groups of several threads, as tests have them, would write at the same time.
void quietC10d() {
    static std::once_flag done;
    std::call_once(done, [] {
        ::setenv("TORCH_CPP_LOG_LEVEL", "FATAL", /*overwrite=*/0);
        ::setenv("TORCH_FR_BUFFER_SIZE", "0", /*overwrite=*/0);
        c10::initLogging();
    });
}

c10::intrusive_ptr<c10d::Store> openStore(const ProcessPlace& place) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(place.port);
    options.isServer = place.isFirst() && !place.launcherServes;
    options.waitWorkers = false;
    options.timeout = kAttempt;
    if (place.listener >= 0) {
        options.masterListenFd = place.listener;
        options.useLibUV = false;  // which cannot take a socket over
    }
    auto store = c10::make_intrusive<c10d::TCPStore>(place.host, options);
    store->setTimeout(kPatienceToMeet);
    return c10::make_intrusive<c10d::PrefixStore>("dinoscope/" + place.round, store);
}

/// Tries until the store is there.
c10::intrusive_ptr<c10d::Store> reachStore(const ProcessPlace& place, JobControl& control) {
    const auto end = steady_clock::now() + kPatienceToMeet;
    const bool serves = place.isFirst() && !place.launcherServes;
    while (true) {
        control.poll();
        try {
            return openStore(place);
        } catch (const std::exception& failure) {
            log::info("no store at " + address(place) + ": " + failure.what());
            if (serves) {
                throw Error("the processes cannot meet there: it cannot be listened to", address(place),
                            "choose another MASTER_PORT, and for MASTER_ADDR this machine's own address");
            }
            if (steady_clock::now() < end) continue;
            throw Error("no process 0 came there within ten minutes", address(place),
                        "start it, and look at MASTER_ADDR and MASTER_PORT");
        }
    }
}

constexpr const char* kLeft = "left";  ///< key: a process that does not wait any more

/// Takes this process's seat, and waits for all others.
void takeSeat(c10d::Store& store, const ProcessPlace& place, JobControl& control) {
    if (store.add("seat" + std::to_string(place.rank), 1) > 1) {
        throw Error("there are two of this number", ofCount(place),
                    "give each process another RANK, from 0 to " + std::to_string(place.count - 1));
    }
    const auto end = steady_clock::now() + kPatienceToMeet;
    std::int64_t here = store.add("here", 1);
    while (here < place.count) {
        if (store.check({kLeft})) {
            const std::vector<std::uint8_t> who = store.get(kLeft);
            throw Error("it left before all had come", std::string(who.begin(), who.end()),
                        "see what it says, and start all of them again");
        }
        control.setStatus("waiting for the other processes: " + std::to_string(here) + " of " +
                          std::to_string(place.count) + " are here");
        control.poll();
        if (steady_clock::now() > end) {
            throw Error("only " + std::to_string(here) + " of " + std::to_string(place.count) +
                            " processes came within ten minutes",
                        address(place), "start the others, or fewer processes");
        }
        // Set by the last to come.
        try {
            store.wait({"full"}, kAttempt);
        } catch (const std::exception&) {
            // Not yet.
        }
        here = store.add("here", 0);
    }
    store.set("full", std::vector<std::uint8_t>{1});
    control.setStatus({});
}

/// The same. The others hear of it where this one gives up.
void meet(c10d::Store& store, const ProcessPlace& place, JobControl& control) {
    try {
        takeSeat(store, place, control);
    } catch (...) {
        try {
            const std::string who = ofCount(place);
            store.set(kLeft, std::vector<std::uint8_t>(who.begin(), who.end()));
        } catch (const std::exception&) {
            // Process 0 has left as well.
        }
        throw;
    }
}

/// What c10d throws in `part` is told by `problem`; the log has its words.
template <typename Part>
void told(const ProcessPlace& place, const std::string& problem, const std::string& remedy,
          const Part& part) {
    try {
        part();
    } catch (const Error&) {
        throw;
    } catch (const Cancelled&) {
        throw;
    } catch (const std::exception& failure) {
        log::warn(ofCount(place) + ": " + problem + ": " + failure.what());
        throw Error(problem, ofCount(place), remedy);
    }
}

/// As PyTorch chooses it: by the interface's name, or that of the machine.
std::shared_ptr<::gloo::transport::Device> chooseDevice(const ProcessPlace& place) {
    const std::string names = environmentVariable("GLOO_SOCKET_IFNAME").value_or("");
    if (!names.empty())
        return c10d::ProcessGroupGloo::createDeviceForInterface(names.substr(0, names.find(',')));
    if (isLoopback(place.host) || place.localCount == place.count)
        return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
    return c10d::ProcessGroupGloo::createDefaultDevice();
}

}  // namespace

/// Gloo, through main memory.
class ProcessGroup::Backend {
public:
    Backend(const ProcessPlace& place, const c10::intrusive_ptr<c10d::Store>& store) : place_(place) {
        const auto options = c10d::ProcessGroupGloo::Options::create(kPatienceToConnect);
        options->devices.push_back(chooseDevice(place));
        gloo_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.count, options);
    }

    void onFailure(std::function<void()> act) { onFailure_ = std::move(act); }

    void sum(const at::Tensor& onHost) {
        std::vector<at::Tensor> tensors{onHost};
        c10d::AllreduceOptions options;
        options.timeout = place_.isFirst() ? std::chrono::milliseconds(kPatienceOfTheFirst)
                                           : std::chrono::milliseconds(kPatienceWithTheFirst);
        wait([&] { return gloo_->allreduce(tensors, options); });
    }

    void broadcast(const at::Tensor& onHost) {
        std::vector<at::Tensor> tensors{onHost};
        c10d::BroadcastOptions options;
        options.timeout = kPatienceWithTheFirst;
        wait([&] { return gloo_->broadcast(tensors, options); });
    }

    std::vector<at::Tensor> gather(const at::Tensor& onHost) {
        std::vector<std::vector<at::Tensor>> all(1);
        for (int i = 0; i < place_.count; ++i)
            all[0].push_back(at::empty_like(onHost));
        std::vector<at::Tensor> mine{onHost};
        c10d::AllgatherOptions options;
        options.timeout = kPatienceWithTheFirst;
        wait([&] { return gloo_->allgather(all, mine, options); });
        return all[0];
    }

private:
    template <typename Begin>
    void wait(const Begin& begin) {
        try {
            begin()->wait();
        } catch (const std::exception& failure) {
            log::warn(ofCount(place_) + " waits for nothing: " + failure.what());
            if (onFailure_) onFailure_();
            throw Error("another process ended, or does not answer any more", ofCount(place_),
                        "see what it says, and start all of them again with --resume");
        }
    }

    ProcessPlace place_;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo_;
    std::function<void()> onFailure_;
};

std::shared_ptr<ProcessGroup> ProcessGroup::join(const ProcessPlace& place, JobControl& control) {
    quietC10d();
    const auto store = reachStore(place, control);
    told(place, "process 0 left before all had come", "start all of them again",
         [&] { meet(*store, place, control); });
    std::unique_ptr<Backend> backend;
    told(place, "the processes cannot reach each other",
         "name the network between their machines with GLOO_SOCKET_IFNAME; " + log::defaultFile().string() +
             " says more",
         [&] { backend = std::make_unique<Backend>(place, store); });
    return std::shared_ptr<ProcessGroup>(new ProcessGroup(place, std::move(backend)));
}

ProcessGroup::ProcessGroup(const ProcessPlace& place, std::unique_ptr<Backend> backend)
    : place_(place), backend_(std::move(backend)) {
    // A card would wait for one that is gone for ever.
    backend_->onFailure([this] {
        if (cards_) cards_->abort();
    });
}

ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::sum(std::span<const at::Tensor> tensors) {
    const at::NoGradGuard guard;
    for (std::size_t first = 0, last = 0; first < tensors.size(); first = last) {
        std::int64_t numbers = 0;
        do {
            numbers += tensors[last++].numel();
        } while (last < tensors.size() && numbers + tensors[last].numel() <= kBucketNumbers);
        sumBucket(tensors.subspan(first, last - first), numbers);
    }
}

void ProcessGroup::sumBucket(std::span<const at::Tensor> tensors, std::int64_t numbers) {
    const at::Device device = tensors.front().device();
    const bool onCards = cardsAddUp(device);
    const at::Tensor bucket =
        at::empty({numbers}, at::TensorOptions(onCards ? device : at::kCPU).dtype(at::kFloat));
    std::int64_t start = 0;
    for (const at::Tensor& tensor : tensors) {
        bucket.narrow(0, start, tensor.numel()).copy_(tensor.reshape({-1}));
        start += tensor.numel();
    }
    onCards ? cards_->sum(bucket) : backend_->sum(bucket);
    start = 0;
    for (at::Tensor tensor : tensors) {
        tensor.copy_(bucket.narrow(0, start, tensor.numel()).view(tensor.sizes()));
        start += tensor.numel();
    }
}

/// Tried once, by all processes together.
bool ProcessGroup::cardsAddUp(at::Device device) {
    if (device.is_cpu()) return false;
    if (std::exchange(triedCards_, true)) return cards_ != nullptr;
    const auto byMainMemory = [&](const Error& error) {
        log::warn(ofCount(place_) + ": gradients go by way of main memory: " + error.what());
    };
    std::string id;
    try {
        if (place_.isFirst() && NcclSum::isThere()) id = NcclSum::makeId();
    } catch (const Error& error) {
        byMainMemory(error);
    }
    id = gather(id).front();
    if (any(id.empty() || !NcclSum::isThere())) return false;
    try {
        cards_ = std::make_unique<NcclSum>(id, rank(), count(), device);
    } catch (const Error& error) {
        byMainMemory(error);
    }
    if (any(cards_ == nullptr)) cards_.reset();
    return cards_ != nullptr;
}

void ProcessGroup::broadcast(std::span<const at::Tensor> tensors) {
    const at::NoGradGuard guard;
    for (at::Tensor tensor : tensors) {
        const at::Tensor onHost = tensor.detach().cpu().contiguous();
        backend_->broadcast(onHost);
        tensor.copy_(onHost);
    }
}

std::vector<std::string> ProcessGroup::gather(const std::string& text) {
    const at::Tensor size = at::full({1}, static_cast<std::int64_t>(text.size()), at::kLong);
    std::vector<std::int64_t> sizes;
    for (const at::Tensor& one : backend_->gather(size))
        sizes.push_back(one.item<std::int64_t>());
    // As long as the longest: each sends as many bytes.
    const at::Tensor bytes =
        at::zeros({std::max<std::int64_t>(1, *std::ranges::max_element(sizes))}, at::kByte);
    std::copy(text.begin(), text.end(), static_cast<char*>(bytes.data_ptr()));
    std::vector<std::string> texts;
    for (const at::Tensor& one : backend_->gather(bytes)) {
        const auto length = static_cast<std::size_t>(sizes[texts.size()]);
        texts.emplace_back(static_cast<const char*>(one.data_ptr()), length);
    }
    return texts;
}

bool ProcessGroup::any(bool here) {
    const at::Tensor count = at::full({1}, here ? 1.0 : 0.0, at::kFloat);
    backend_->sum(count);
    return count.item<float>() > 0;
}

}  // namespace dinoscope
