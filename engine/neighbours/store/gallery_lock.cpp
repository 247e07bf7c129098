#include "engine/neighbours/store/gallery_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"

namespace dinoscope {

namespace {

/// "process 4711 on host", as the holder wrote it; printable whatever the file holds.
std::string holderOf(int descriptor) {
    char text[256];
    const ssize_t size = pread(descriptor, text, sizeof text, 0);
    std::string holder;
    for (ssize_t i = 0; i < size && text[i] >= ' ' && text[i] <= '~'; ++i)
        holder += text[i];
    return holder.empty() ? "another process" : holder;
}

}  // namespace

GalleryLock::GalleryLock(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / "lock";
    descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw fileError("be opened", file, errno);
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        const int code = errno;
        const std::string holder = holderOf(descriptor_);
        close(descriptor_);
        if (code != EWOULDBLOCK) throw fileError("be locked", file, code);
        throw Error("the gallery is being written by " + holder, folder.string(),
                    "wait until that has ended, or end it");
    }
    char host[128] = {};
    gethostname(host, sizeof host - 1);
    const std::string holder = "process " + std::to_string(getpid()) + " on " + host + "\n";
    // Only for the message of those who come too late: on a full disk it may be missing.
    if (ftruncate(descriptor_, 0) == 0 && pwrite(descriptor_, holder.data(), holder.size(), 0) < 0) return;
}

GalleryLock::~GalleryLock() {
    close(descriptor_);  // the file stays: were it removed, two processes could lock two files of its name
}

}  // namespace dinoscope
