#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "engine/scale/process_group.h"
#include "tests/free_port.h"

namespace dinoscope {

inline ProcessPlace placeOf(int rank, int count, int port) {
    ProcessPlace place;
    place.rank = place.localRank = rank;
    place.count = place.localCount = count;
    place.host = "127.0.0.1";
    place.port = port;
    return place;
}

/// Threads stand for the processes. Each body gets its group and may let go of it; what it throws is kept by
/// rank.
inline std::vector<std::exception_ptr> inProcesses(
    int count, const std::function<void(std::shared_ptr<ProcessGroup>)>& body) {
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
    std::vector<std::thread> threads;
    const int port = freePort();
    for (int rank = 0; rank < count; ++rank) {
        threads.emplace_back([&, rank] {
            try {
                JobControl control;
                body(ProcessGroup::join(placeOf(rank, count, port), control));
            } catch (...) {
                failures[static_cast<std::size_t>(rank)] = std::current_exception();
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    return failures;
}

inline void rethrowAny(const std::vector<std::exception_ptr>& failures) {
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
}

}  // namespace dinoscope
