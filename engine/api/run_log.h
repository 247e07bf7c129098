#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace dinoscope::api {

/// log.txt of a run: sentences with their time, appended. What cannot be written is not worth a run.
class RunLog {
public:
    explicit RunLog(const std::filesystem::path& file) : file_(file, std::ios::app) {}
    void write(const std::string& sentence);

private:
    std::ofstream file_;
};

}  // namespace dinoscope::api
