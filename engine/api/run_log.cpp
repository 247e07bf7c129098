#include "engine/api/run_log.h"

#include <ctime>

namespace dinoscope::api {

void RunLog::write(const std::string& sentence) {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    file_ << text << "  " << sentence << '\n' << std::flush;
}

}  // namespace dinoscope::api
