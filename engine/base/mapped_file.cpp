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

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
    // Not blocking: a pipe is to be refused, not waited for.
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const auto fail = [&](int code) {
        if (descriptor >= 0) close(descriptor);
        const bool missing = code == ENOENT || code == ENOTDIR;
        throw Error(missing ? "there is no such file"
                            : "the file cannot be read (" + std::generic_category().message(code) + ")",
                    path.string(), remedyFor(code));
    };
    if (descriptor < 0) fail(errno);
    struct stat status {};
    if (fstat(descriptor, &status) != 0) fail(errno);
    if (S_ISDIR(status.st_mode)) {
        close(descriptor);
        throw Error("this is a folder, not a file", path.string(), "name a file inside it");
    }
    if (!S_ISREG(status.st_mode)) {
        close(descriptor);
        throw Error("this is not a regular file", path.string(), "copy its content into a file first");
    }
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ > 0) {
        void* address = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (address == MAP_FAILED) fail(errno);
        data_ = static_cast<const std::byte*>(address);
    }
    close(descriptor);
}

MappedFile::~MappedFile() {
    if (data_) munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace dinoscope
