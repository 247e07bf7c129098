#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/error.h"

namespace dinoscope {

/// One image to attend to, and where its files go.
struct AttendItem {
    std::filesystem::path file;
    std::filesystem::path folder;  ///< for the outputs
    std::string stem;
    bool named = true;  ///< on the command line, rather than met in a folder
};

/// Which kinds of pictures may be written of an image. The mean and an energy always may.
struct AttendKinds {
    bool heads = true;
    bool hues = true;
    bool masks = true;
};

/// Turns inputs (files and folders) into items below `output`: subfolders are mirrored, equal stems in one
/// folder get their file's extension ("dog.jpg" and "dog.png" become dog_jpg and dog_png), and so does
/// "dog-overlay" or "dog-mask" beside "dog", whose files would have the same names; what is equal
/// even then is an Error naming both files. An empty or unreadable folder is one too, and so is one that is
/// `output` itself, and a picture that has the name of a file to be written; an `output` inside a folder is
/// not read.
std::vector<AttendItem> planAttend(const std::vector<std::string>& inputs,
                                   const std::filesystem::path& output, const AttendKinds& kinds = {});

}  // namespace dinoscope
