#pragma once

#include <filesystem>

namespace dinoscope {

/// The one right to write to a gallery: a locked file in its folder, which the system unlocks whatever
/// becomes of the process.
class GalleryLock {
public:
    /// Throws Error that names the process which holds it.
    explicit GalleryLock(const std::filesystem::path& folder);
    ~GalleryLock();
    GalleryLock(const GalleryLock&) = delete;
    GalleryLock& operator=(const GalleryLock&) = delete;

private:
    int descriptor_ = -1;
};

}  // namespace dinoscope
