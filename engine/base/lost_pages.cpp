#include "engine/base/lost_pages.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace dinoscope {

namespace {

/// What the signal handler reads, without locks: a range is there while `end` is not 0.
struct Slot {
    std::atomic<bool> taken = false;
    std::atomic<std::uintptr_t> begin = 0;
    std::atomic<std::uintptr_t> end = 0;
    std::atomic<bool> lost = false;
};

constexpr std::size_t kSlots = 4096;
std::array<Slot, kSlots> slots;
std::uintptr_t pageSize = 0;
struct sigaction formerAction {};

/// Puts a page of zeros where one was lost. A fault anywhere else is what it was before: it happens again,
/// and is handled by whoever did so.
void replacePage(int, siginfo_t* info, void*) {
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (Slot& slot : slots) {
        const std::uintptr_t end = slot.end;
        if (end == 0 || address < slot.begin || address >= end) continue;
        slot.lost = true;
        void* page = reinterpret_cast<void*>(address / pageSize * pageSize);
        if (mmap(page, pageSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
            return;
    }
    sigaction(SIGBUS, &formerAction, nullptr);
}

void installOnce() {
    static std::once_flag once;
    std::call_once(once, [] {
        pageSize = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
        struct sigaction action {};
        action.sa_sigaction = replacePage;
        action.sa_flags = SA_SIGINFO;
        sigemptyset(&action.sa_mask);
        sigaction(SIGBUS, &action, &formerAction);
    });
}

}  // namespace

GuardedPages::GuardedPages(const std::byte* data, std::size_t size) {
    installOnce();
    for (std::size_t i = 0; i < kSlots; ++i) {
        bool free = false;
        if (!slots[i].taken.compare_exchange_strong(free, true)) continue;
        const auto begin = reinterpret_cast<std::uintptr_t>(data);
        slots[i].lost = false;
        slots[i].begin = begin;
        slots[i].end = begin + size;
        slot_ = i;
        return;
    }
}

GuardedPages::~GuardedPages() {
    if (slot_ == kNone) return;
    slots[slot_].end = 0;
    slots[slot_].taken = false;
}

bool GuardedPages::areLost() const {
    return slot_ != kNone && slots[slot_].lost;
}

}  // namespace dinoscope
