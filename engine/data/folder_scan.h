#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dinoscope {

class JobControl;

/// Lower-case extensions with dot of files taken for images: ".jpg", ".png", …
const std::vector<std::string>& imageExtensions();

/// Whether a file's name has one of them, in any case.
bool hasImageExtension(const std::filesystem::path& file);

/// Whether it has one of a picture that is of a format which is not read: ".gif", ".heic", ".avif".
bool hasForeignExtension(const std::filesystem::path& file);

/// Takes the path of an image below the scanned folder, "cats/2.jpg".
using ImageVisitor = std::function<void(const std::string& name)>;

/// Files below `folder` that have an image's extension, hidden ones left out, each folder's own files first,
/// in natural order ("2.jpg" before "10.jpg"), one after the other: of those before, nothing is kept.
/// `recursive` enters subfolders, links to folders included, none twice. A folder that cannot be read is an
/// Error; of a subfolder the log tells what was left out. What `visit` throws ends the scan.
void visitImages(const std::filesystem::path& folder, bool recursive, const ImageVisitor& visit);
/// The same, polled before every entry of a folder, be it an image or not.
void visitImages(const std::filesystem::path& folder, bool recursive, JobControl& control,
                 const ImageVisitor& visit);

/// How the listing of a folder went.
struct FolderListing {
    std::string inside{};  ///< its path below the scanned one with a slash at its end; empty: that one itself
    bool isEmpty = false;  ///< nothing at all is in it, as where a disk is not mounted
    std::string failure{};  ///< why it was not listed, or not to its end; empty where it was
};
using FolderVisitor = std::function<void(const FolderListing&)>;

/// What is scanned besides, or not.
struct ScanRules {
    /// Whether a subfolder is entered; takes its path below the scanned one with a slash at its end. Empty:
    /// all are.
    std::function<bool(const std::string& inside)> enters{};
    bool visitsForeign = false;  ///< files with a foreign extension as well
};

/// The same; `listed` is told of every folder, before the images in it, also of one that cannot be entered
/// and of a link to what is not there, which may be one. What it is not told of does not exist, or is the
/// same folder under another name, or is one that the rules leave out.
void visitImages(const std::filesystem::path& folder, bool recursive, JobControl& control,
                 const ImageVisitor& visit, const FolderVisitor& listed, const ScanRules& rules = {});

/// The same as a list.
std::vector<std::filesystem::path> listImages(const std::filesystem::path& folder, bool recursive,
                                              const ScanRules& rules = {});

/// Whether `a` comes before `b` to a person: digits compare as numbers, letters without case.
bool naturalLess(std::string_view a, std::string_view b);

}  // namespace dinoscope
