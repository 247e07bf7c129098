#include "app/local_processes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>

#include "engine/base/error.h"

namespace dinoscope::app {

namespace {

constexpr const char* kHost = "127.0.0.1";

/// One that is free now, and hardly anybody takes within the second until it is used.
int freePort() {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    const bool found = handle >= 0 && ::bind(handle, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    const std::string reason = std::strerror(errno);
    if (handle >= 0) ::close(handle);
    if (!found) throw Error("the processes find no port to meet at (" + reason + ")", kHost);
    return ntohs(address.sin_port);
}

/// The words that this program was started with.
std::vector<std::string> ownWords() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');)
        words.push_back(word);
    return words;
}

/// The environment, with `settings` in place of what it says of them.
std::vector<std::string> environmentWith(const std::vector<std::pair<std::string, std::string>>& settings) {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable; ++variable) {
        const std::string text = *variable;
        bool isReplaced = false;
        for (const auto& [name, value] : settings)
            isReplaced = isReplaced || text.starts_with(name + "=");
        if (!isReplaced) variables.push_back(text);
    }
    for (const auto& [name, value] : settings)
        variables.push_back(name + "=" + value);
    return variables;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

LocalProcesses::LocalProcesses(int count) : failing_(std::uncaught_exceptions()) {
    place_.count = place_.localCount = count;
    place_.host = kHost;
    place_.port = freePort();
    for (int rank = 1; rank < count; ++rank)
        start(rank);
}

LocalProcesses::~LocalProcesses() {
    const bool failed = std::uncaught_exceptions() > failing_;
    for (const pid_t other : others_) {
        if (failed) ::kill(other, SIGTERM);
    }
    for (const pid_t other : others_)
        ::waitpid(other, nullptr, 0);
}

void LocalProcesses::start(int rank) {
    std::vector<std::string> words = ownWords();
    std::vector<std::string> variables = environmentWith({{"RANK", std::to_string(rank)},
                                                          {"WORLD_SIZE", std::to_string(place_.count)},
                                                          {"LOCAL_RANK", std::to_string(rank)},
                                                          {"LOCAL_WORLD_SIZE", std::to_string(place_.count)},
                                                          {"MASTER_ADDR", place_.host},
                                                          {"MASTER_PORT", std::to_string(place_.port)}});
    pid_t process = 0;
    const int failure = ::posix_spawn(&process, "/proc/self/exe", nullptr, nullptr, pointersTo(words).data(),
                                      pointersTo(variables).data());
    if (failure != 0) {
        for (const pid_t other : others_)
            ::kill(other, SIGTERM);
        throw Error("process " + std::to_string(rank) + " cannot be started (" + std::strerror(failure) + ")",
                    "--processes " + std::to_string(place_.count), "try fewer");
    }
    others_.push_back(process);
}

}  // namespace dinoscope::app
