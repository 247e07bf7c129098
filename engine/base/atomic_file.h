#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace dinoscope {

/// Writes a file that is either whole or not there: into a temporary file in the same folder, which commit()
/// flushes to the disk and renames. Without commit() the destructor removes it, and what stood under the name
/// before stays. A new file has the permissions that the umask leaves, one that replaces another has that
/// one's; a symbolic link stays one, and the file behind it is replaced. Devices and pipes, which cannot be
/// replaced, are written into as one goes. Failures (a full disk, no permission) are Errors that name the
/// file.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(const void* data, std::size_t size);
    void write(std::string_view text) { write(text.data(), text.size()); }
    void commit();

private:
    void create();
    void openInPlace();
    [[noreturn]] void fail(const char* action, int code) const;

    std::filesystem::path path_;    ///< as it was named
    std::filesystem::path target_;  ///< behind symbolic links
    std::string temporary_;         ///< empty for a device
    int descriptor_ = -1;
};

/// The whole of `bytes` as `path`, atomically.
void writeFileAtomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void writeFileAtomically(const std::filesystem::path& path, std::string_view text);

/// "the file cannot ACTION (REASON)" of a failed system call with its errno, and what to do about it: for
/// those who write files of other kinds.
Error fileError(const std::string& action, const std::filesystem::path& path, int code);

/// The file that a name stands for, behind symbolic links; one that is not there yet too.
std::filesystem::path behindLinks(std::filesystem::path path);
/// Gives a new file, still open, owner and permissions of the one that it will replace, if there is one.
void takeOver(int descriptor, const std::filesystem::path& replaced);

/// Flushes a folder's entries to the disk, as far as its file system can.
void syncFolder(const std::filesystem::path& folder);

/// Makes `folder` and its parents; an Error names it and the reason.
void makeFolder(const std::filesystem::path& folder);

/// An Error where no file can be made in a folder that exists, before work is done for such a file.
void requireWritable(const std::filesystem::path& folder);
/// The same of the folder that `file` will be in, which must exist.
void requireFolderFor(const std::filesystem::path& file);

}  // namespace dinoscope
