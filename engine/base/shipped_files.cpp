#include "engine/base/shipped_files.h"

#include <system_error>

namespace dinoscope {

namespace fs = std::filesystem;

fs::path programFolder() {
    std::error_code failed;
    return fs::read_symlink("/proc/self/exe", failed).parent_path();
}

fs::path shippedFolder(std::string_view name, const fs::path& program) {
    std::error_code failed;
    const fs::path installed = (program / "../share/dinoscope" / name).lexically_normal();
    return fs::is_directory(installed, failed) ? installed : fs::path(SOURCE_FOLDER) / name;
}

}  // namespace dinoscope
