#include "app/local_processes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <string>
#include <utility>

#include "engine/api/core.h"

namespace dinoscope::app {

namespace {

constexpr const char* kHost = "127.0.0.1";

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
    listen();
    for (int rank = 1; rank < count; ++rank)
        start(rank);
}

LocalProcesses::~LocalProcesses() {
    end(std::uncaught_exceptions() > failing_);
}

/// At a port that is free, and from here on is taken: the store takes the socket over.
void LocalProcesses::listen() {
    constexpr int kBacklog = 128;
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    if (handle < 0 || ::bind(handle, name, size) != 0 || ::listen(handle, kBacklog) != 0 ||
        ::getsockname(handle, name, &size) != 0) {
        const std::string reason = std::strerror(errno);
        if (handle >= 0) ::close(handle);
        throw Error("the processes find no port to meet at (" + reason + ")", kHost,
                    "train in one process, with --accumulate");
    }
    place_.listener = handle;
    place_.port = ntohs(address.sin_port);
}

/// One that computes on a card may wait for the others there, where no signal is heard.
void LocalProcesses::end(bool failed) {
    constexpr int kAttempts = 300;
    constexpr timespec kPause{0, 100'000'000};
    if (failed) {
        for (const pid_t other : others_)
            ::kill(other, SIGTERM);
    }
    for (const pid_t other : others_) {
        int attempt = 0;
        while (::waitpid(other, nullptr, WNOHANG) == 0) {
            if (++attempt > kAttempts) ::kill(other, SIGKILL);
            ::nanosleep(&kPause, nullptr);
        }
    }
}

void LocalProcesses::start(int rank) {
    std::vector<std::string> words = ownWords();
    std::vector<std::string> variables = environmentWith({{"RANK", std::to_string(rank)},
                                                          {"WORLD_SIZE", std::to_string(place_.count)},
                                                          {"LOCAL_RANK", std::to_string(rank)},
                                                          {"LOCAL_WORLD_SIZE", std::to_string(place_.count)},
                                                          {"MASTER_ADDR", place_.host},
                                                          {"MASTER_PORT", std::to_string(place_.port)},
                                                          {"TORCHELASTIC_USE_AGENT_STORE", "False"},
                                                          {"TORCHELASTIC_RESTART_COUNT", place_.round}});
    pid_t process = 0;
    const int failure = ::posix_spawn(&process, "/proc/self/exe", nullptr, nullptr, pointersTo(words).data(),
                                      pointersTo(variables).data());
    if (failure != 0) {
        end(true);
        throw Error("process " + std::to_string(rank) + " cannot be started (" + std::strerror(failure) + ")",
                    "--processes " + std::to_string(place_.count), "try fewer");
    }
    others_.push_back(process);
}

}  // namespace dinoscope::app
