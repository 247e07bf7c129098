#pragma once

#include <cstddef>

namespace dinoscope {

/// A mapped file's pages vanish when somebody cuts it short, or its disk fails. The system then ends the
/// program that touches one (SIGBUS): one that may be hours into a training, for a picture that was being
/// copied. While a GuardedPages lives, such a page reads as zeros instead, and is remembered.
class GuardedPages {
public:
    GuardedPages() = default;
    /// At most some thousands are guarded at once; more are not.
    GuardedPages(const std::byte* data, std::size_t size);
    ~GuardedPages();
    GuardedPages(const GuardedPages&) = delete;
    GuardedPages& operator=(const GuardedPages&) = delete;

    /// Whether a page was lost so far: what was read since is not what is in the file.
    bool areLost() const;

private:
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    std::size_t slot_ = kNone;
};

}  // namespace dinoscope
