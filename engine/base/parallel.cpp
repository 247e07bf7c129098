#include "engine/base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <string>
#include <thread>
#ifdef _OPENMP
#include <omp.h>
#else
#include <vector>
#endif

namespace dinoscope {

namespace {

#ifndef _OPENMP
thread_local int wantedThreads = 0;
thread_local bool insideRegion = false;
#endif

/// The CPU quota of the cgroup (v2), in cores; 0 where there is none.
int quotaCores() {
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    std::string quota;
    double period = 0;
    if (!(file >> quota >> period) || quota == "max" || period <= 0) return 0;
    return std::max(1, static_cast<int>(std::ceil(std::stod(quota) / period)));
}

/// Hands out pieces of a range to whoever asks, and keeps the first exception.
class Pieces {
public:
    /// Not empty: begin < end.
    Pieces(std::int64_t begin, std::int64_t end, std::int64_t grain,
           const std::function<void(std::int64_t, std::int64_t)>& body)
        : next_(begin), end_(end), grain_(std::clamp<std::int64_t>(grain, 1, end - begin)), body_(body) {}

    void work() noexcept {
        try {
            while (true) {
                const std::int64_t first = next_.fetch_add(grain_);
                if (first >= end_) return;
                body_(first, std::min(end_, first + grain_));
            }
        } catch (...) {
            next_.store(end_);
            if (!failed_.test_and_set()) failure_ = std::current_exception();
        }
    }

    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    std::atomic<std::int64_t> next_;
    const std::int64_t end_;
    const std::int64_t grain_;
    const std::function<void(std::int64_t, std::int64_t)>& body_;
    std::atomic_flag failed_ = ATOMIC_FLAG_INIT;
    std::exception_ptr failure_;
};

}  // namespace

int availableCores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    // The call fails on machines with more CPUs than the set holds.
    int cores = sched_getaffinity(0, sizeof(set), &set) == 0
                    ? CPU_COUNT(&set)
                    : static_cast<int>(std::thread::hardware_concurrency());
    if (const int quota = quotaCores(); quota > 0) cores = std::min(cores, quota);
    return std::max(1, cores);
}

#ifdef _OPENMP

void parallelFor(std::int64_t begin, std::int64_t end, std::int64_t grain,
                 const std::function<void(std::int64_t, std::int64_t)>& body) {
    if (begin >= end) return;
    Pieces pieces(begin, end, grain, body);
    if (end - begin <= grain || omp_in_parallel() || omp_get_max_threads() == 1) {
        pieces.work();
    } else {
#pragma omp parallel
        pieces.work();
    }
    pieces.rethrow();
}

int threadCount() {
    return omp_in_parallel() ? 1 : omp_get_max_threads();
}

void setThreadCount(int threads) {
    omp_set_num_threads(threads > 0 ? threads : availableCores());
}

#else

void parallelFor(std::int64_t begin, std::int64_t end, std::int64_t grain,
                 const std::function<void(std::int64_t, std::int64_t)>& body) {
    if (begin >= end) return;
    Pieces pieces(begin, end, grain, body);
    std::vector<std::thread> helpers;
    if (end - begin > grain) {
        for (int i = 1; i < threadCount(); ++i) {
            helpers.emplace_back([&pieces] {
                insideRegion = true;
                pieces.work();
            });
        }
    }
    const bool wasInside = insideRegion;
    insideRegion = true;
    pieces.work();
    insideRegion = wasInside;
    for (std::thread& helper : helpers)
        helper.join();
    pieces.rethrow();
}

int threadCount() {
    return insideRegion ? 1 : wantedThreads > 0 ? wantedThreads : availableCores();
}

void setThreadCount(int threads) {
    wantedThreads = threads;
}

#endif

}  // namespace dinoscope
