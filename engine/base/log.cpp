#include "engine/base/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <system_error>

namespace dinoscope::log {

namespace {

constexpr std::size_t kFileBytes = 2'000'000;
constexpr std::size_t kOlderFiles = 2;

std::mutex mutex;
std::shared_ptr<spdlog::logger> logger;

spdlog::level::level_enum toSpdlog(Level level) {
    switch (level) {
        case Level::Debug:
            return spdlog::level::debug;
        case Level::Info:
            return spdlog::level::info;
        case Level::Warn:
            return spdlog::level::warn;
        case Level::Error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

void write(Level level, const std::string& text) {
    std::shared_ptr<spdlog::logger> target;
    {
        const std::lock_guard lock(mutex);
        target = logger;
    }
    if (target) target->log(toSpdlog(level), "{}", text);
}

/// What the system says, without the words of the library that asked it.
std::string reason(const std::exception& error) {
    const int code = errno;
    if (const auto* known = dynamic_cast<const std::system_error*>(&error)) return known->code().message();
    return code != 0 ? std::generic_category().message(code) : error.what();
}

}  // namespace

void start(const std::filesystem::path& file, Level console) {
    auto toConsole = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    toConsole->set_level(toSpdlog(console));
    toConsole->set_pattern("%^%l%$: %v");
    std::vector<spdlog::sink_ptr> sinks{toConsole};
    errno = 0;
    try {
        if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
        auto toFile =
            std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file.string(), kFileBytes, kOlderFiles);
        toFile->set_level(spdlog::level::debug);
        toFile->set_pattern("%Y-%m-%d %H:%M:%S.%e %P %l: %v");
        sinks.push_back(toFile);
    } catch (const std::exception& error) {
        std::cerr << "warning: " << file.string() << ": the log cannot be written (" << reason(error)
                  << "); set XDG_STATE_HOME to a folder that can be\n";
    }
    auto made = std::make_shared<spdlog::logger>("dinoscope", sinks.begin(), sinks.end());
    made->set_level(spdlog::level::debug);
    made->flush_on(spdlog::level::info);
    // A log that cannot be written (a full disk) must not fill the terminal: what matters has its own
    // message.
    made->set_error_handler([](const std::string&) {});
    const std::lock_guard lock(mutex);
    logger = made;
}

std::filesystem::path defaultFile() {
    const char* state = std::getenv("XDG_STATE_HOME");
    const char* home = std::getenv("HOME");
    const std::filesystem::path base = state && *state ? std::filesystem::path(state)
                                       : home && *home ? std::filesystem::path(home) / ".local/state"
                                                       : std::filesystem::temp_directory_path();
    return base / "dinoscope" / "dinoscope.log";
}

void debug(const std::string& text) {
    write(Level::Debug, text);
}
void info(const std::string& text) {
    write(Level::Info, text);
}
void warn(const std::string& text) {
    write(Level::Warn, text);
}
void error(const std::string& text) {
    write(Level::Error, text);
}

}  // namespace dinoscope::log
