#pragma once

#include <cstdint>
#include <functional>

namespace dinoscope {

/// Calls body(first, last) on disjoint pieces of [begin, end) that are multiples of `grain` (but for the
/// last), on the threads that LibTorch's operators use too. Pieces are handed out as threads come free.
/// Exceptions of body reach the caller. Inside another parallel region it runs on the calling thread.
/// (at::parallel_for would run on one thread: it needs -fopenmp in every file that calls it.)
void parallelFor(std::int64_t begin, std::int64_t end, std::int64_t grain,
                 const std::function<void(std::int64_t, std::int64_t)>& body);

/// How many threads parallelFor() uses when called from this thread.
int threadCount();

/// Sets the above for the calling thread; 0 means one a core: availableCores().
void setThreadCount(int threads);

/// Cores this process may use, by affinity and the cgroup's quota.
int availableCores();

}  // namespace dinoscope
