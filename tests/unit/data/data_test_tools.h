#pragma once

#include <QTemporaryDir>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/data/image_dataset.h"
#include "engine/image/encode.h"
#include "tests/unit/image/test_files.h"

namespace dinoscope::test {

/// A folder of images that goes with its owner.
class ImageFolder {
public:
    std::filesystem::path path(const std::string& name = {}) const {
        const std::filesystem::path root(folder_.path().toStdString());
        return name.empty() ? root : root / name;
    }
    void text(const std::string& name, const std::string& content) const {
        std::filesystem::create_directories(path(name).parent_path());
        std::ofstream(path(name), std::ios::binary) << content;
    }
    /// Noise that differs from one size to another.
    void png(const std::string& name, int width = 8, int height = 6) const {
        std::filesystem::create_directories(path(name).parent_path());
        writePng(path(name), noise(width, height));
    }
    /// A whole header and half the pixels.
    void tornPng(const std::string& name) const {
        png(name, 40, 30);
        std::filesystem::resize_file(path(name), std::filesystem::file_size(path(name)) / 2);
    }
    ImageDataset scan(const std::string& name = {}) const {
        JobControl control;
        return ImageDataset::scan(path(name), control);
    }

private:
    QTemporaryDir folder_;
};

}  // namespace dinoscope::test
