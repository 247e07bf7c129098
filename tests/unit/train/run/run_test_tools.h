#pragma once

#include <QFile>
#include <QTest>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "engine/base/error.h"

inline std::string contentOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void writeContent(const std::filesystem::path& path, const std::string& content) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << content;
    file.close();
    QVERIFY(file.good());
}

/// The sentence of the Error that `work` throws; empty if it throws none.
inline std::string errorOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const dinoscope::Error& error) {
        return error.what();
    }
    return {};
}

#define VERIFY_SAYS(sentence, part)                                                                   \
    do {                                                                                              \
        const std::string sentenceSaid = (sentence);                                                  \
        QVERIFY2(sentenceSaid.find(part) != std::string::npos, ("it says: " + sentenceSaid).c_str()); \
    } while (false)
