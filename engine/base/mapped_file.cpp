#include "engine/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "engine/base/error.h"

namespace dinoscope {

namespace {

const char* remedyFor(int code) {
    switch (code) {
        case ENOENT:
        case ENOTDIR:
        case ELOOP:
        case ENAMETOOLONG:
            return "check its name";
        case EACCES:
        case EPERM:
            return "check its permissions";
        case ENOMEM:
        case EMFILE:
        case ENFILE:
            return "close other files or programs";
        default:
            return "check the disk";
    }
}

[[noreturn]] void failToRead(const std::filesystem::path& path, int code) {
    const bool missing = code == ENOENT || code == ENOTDIR;
    throw Error(missing ? "there is no such file"
                        : "the file cannot be read (" + std::generic_category().message(code) + ")",
                path.string(), remedyFor(code));
}

/// A regular file that is open for reading.
struct OpenFile {
    explicit OpenFile(const std::filesystem::path& path)
        // Not blocking: a pipe is to be refused, not waited for.
        : descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
        struct stat status {};
        if (descriptor < 0) failToRead(path, errno);
        try {
            if (fstat(descriptor, &status) != 0) failToRead(path, errno);
            if (S_ISDIR(status.st_mode)) {
                throw Error("this is a folder, not a file", path.string(), "name a file inside it");
            }
            if (!S_ISREG(status.st_mode)) {
                throw Error("this is not a regular file", path.string(),
                            "copy its content into a file first");
            }
        } catch (...) {
            close(descriptor);
            throw;
        }
        size = static_cast<std::size_t>(status.st_size);
    }
    ~OpenFile() { close(descriptor); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    int descriptor;
    std::size_t size = 0;
};

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
    const OpenFile file(path);
    size_ = file.size;
    if (size_ > 0) {
        void* address = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.descriptor, 0);
        if (address == MAP_FAILED) failToRead(path, errno);
        data_ = static_cast<const std::byte*>(address);
        guard_.emplace(data_, size_);
    }
}

void MappedFile::requireWhole() const {
    if (isWhole()) return;
    throw Error("the file was cut short, or its disk failed, while it was read", path_.string(),
                "try again once nothing writes to it");
}

MappedFile::~MappedFile() {
    guard_.reset();
    if (data_) munmap(const_cast<std::byte*>(data_), size_);
}

std::vector<std::byte> readFile(const std::filesystem::path& path) {
    const OpenFile file(path);
    std::vector<std::byte> bytes(file.size);
    std::size_t got = 0;
    while (got < bytes.size()) {
        const ssize_t count = read(file.descriptor, bytes.data() + got, bytes.size() - got);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) failToRead(path, errno);
        if (count == 0) break;  // it was cut short meanwhile
        got += static_cast<std::size_t>(count);
    }
    bytes.resize(got);
    return bytes;
}

}  // namespace dinoscope
