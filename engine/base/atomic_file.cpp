#include "engine/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

#include "engine/base/error.h"
#include "engine/base/hash.h"

namespace dinoscope {

namespace fs = std::filesystem;

namespace {

std::string remedyFor(int code) {
    switch (code) {
        case ENOSPC:
        case EDQUOT:
            return "free space on that disk, or write elsewhere";
        case EACCES:
        case EPERM:
        case EROFS:
            return "choose a folder that you may write to";
        case ENOENT:
        case ENOTDIR:
        case EINVAL:
            return "check the folder's name";
        case EISDIR:
            return "choose another name: a folder has this one";
        case ENAMETOOLONG:
            return "choose a shorter name";
        default:
            return "check the disk, or write elsewhere";
    }
}

std::string reason(int code) {
    return std::generic_category().message(code);
}

/// What a rename would put a file in the place of.
bool isDevice(const fs::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return false;
    return S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) || S_ISFIFO(status.st_mode) ||
           S_ISSOCK(status.st_mode);
}

}  // namespace

fs::path behindLinks(fs::path path) {
    constexpr int kMostLinks = 40;  // as many as the kernel follows
    std::error_code code;
    for (int i = 0; i < kMostLinks && fs::is_symlink(path, code); ++i) {
        const fs::path next = fs::read_symlink(path, code);
        if (code) break;
        path = path.parent_path() / next;
    }
    return path;
}

void takeOver(int descriptor, const fs::path& replaced) {
    struct stat before {};
    if (stat(replaced.c_str(), &before) != 0 || !S_ISREG(before.st_mode)) return;
    // Root's files stay a person's; whoever may not give files away keeps them.
    if (fchown(descriptor, before.st_uid, before.st_gid) != 0) errno = 0;
    fchmod(descriptor, before.st_mode & 0777);
}

/// A rename is only on the disk once its folder is.
void syncFolder(const std::filesystem::path& folder) {
    const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    fsync(descriptor);
    close(descriptor);
}

AtomicFile::AtomicFile(fs::path path)
    : path_(std::move(path)), target_(isDevice(path_) ? path_ : behindLinks(path_)) {
    isDevice(target_) ? openInPlace() : create();
}

void AtomicFile::openInPlace() {
    descriptor_ = open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("be opened", errno);
}

/// Not mkstemp(), which gives 0600: the umask that is to be followed instead cannot be asked for without
/// changing it under the other threads.
void AtomicFile::create() {
    constexpr int kAttempts = 100;
    constexpr std::size_t kLongestPart = 200;  // the dots and the number fit into the 255 bytes of a name
    static std::atomic<std::uint64_t> counter{0};
    const std::string start = "." + target_.filename().string().substr(0, kLongestPart) + ".";
    for (int attempt = 0; attempt < kAttempts && descriptor_ < 0; ++attempt) {
        const auto now =
            static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
        const std::uint64_t number = mix(now, static_cast<std::uint64_t>(getpid()), counter++);
        const std::string name = (target_.parent_path() / (start + std::to_string(number))).string();
        descriptor_ = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor_ >= 0) temporary_ = name;
        if (descriptor_ < 0 && errno != EEXIST) break;
    }
    if (descriptor_ < 0) fail("be created", errno);
    takeOver(descriptor_, target_);
}

AtomicFile::~AtomicFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t size) {
    const char* next = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t written = ::write(descriptor_, next, size);
        if (written < 0) {
            if (errno == EINTR) continue;
            fail("be written", errno);
        }
        next += written;
        size -= static_cast<std::size_t>(written);
    }
}

void AtomicFile::commit() {
    const bool isFile = !temporary_.empty();
    if (isFile && fsync(descriptor_) != 0) fail("be flushed to the disk", errno);
    const int descriptor = descriptor_;
    descriptor_ = -1;
    if (close(descriptor) != 0) fail("be closed", errno);
    if (!isFile) return;
    if (rename(temporary_.c_str(), target_.c_str()) != 0) fail("be put in place", errno);
    temporary_.clear();
    syncFolder(target_.parent_path());
}

void AtomicFile::fail(const char* action, int code) const {
    throw fileError(action, path_, code);
}

Error fileError(const std::string& action, const std::filesystem::path& path, int code) {
    return Error("the file cannot " + action + " (" + reason(code) + ")", path.string(), remedyFor(code));
}

void writeFileAtomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
    AtomicFile file(path);
    file.write(bytes.data(), bytes.size());
    file.commit();
}

void writeFileAtomically(const std::filesystem::path& path, std::string_view text) {
    writeFileAtomically(path, std::as_bytes(std::span(text)));
}

void makeFolder(const std::filesystem::path& folder) {
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    if (code) {
        throw Error("the folder cannot be made (" + code.message() + ")", folder.string(),
                    remedyFor(code.value()));
    }
}

void requireWritable(const std::filesystem::path& folder) {
    if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return;
    throw Error("no file can be written into the folder (" + reason(errno) + ")", folder.string(),
                remedyFor(errno));
}

void requireFolderFor(const fs::path& file) {
    if (isDevice(file)) return;
    const fs::path folder = behindLinks(file).parent_path();
    requireWritable(folder.empty() ? "." : folder);
}

}  // namespace dinoscope
