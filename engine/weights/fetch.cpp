#include "engine/weights/fetch.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/hash.h"
#include "engine/base/printable.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMegabyte = 1'000'000;
constexpr std::size_t kMostValidator = 200;
constexpr long kConnectSeconds = 30;
constexpr long kStalledSeconds = 60;

struct CloseCurl {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One attempt: a request, what its answer says, and the file that it goes into.
class Transfer {
public:
    Transfer(std::string address, fs::path part, JobControl& control)
        : address_(std::move(address)), part_(std::move(part)), control_(control) {}
    ~Transfer() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Throws where the file is not whole afterwards. False where what lay there does not fit what the server
    /// has: it is then removed, and the next attempt begins anew.
    bool run() {
        start_ = resumable();
        open();
        const CURLcode code = perform();
        finish();
        control_.poll();
        if (code == CURLE_WRITE_ERROR && writeError_ != 0) throw fileError("be written", part_, writeError_);
        if (status_ == 416 && start_ > 0) {
            forget();
            return false;
        }
        refuseStatus();
        if (code != CURLE_OK) refuse(code);
        return true;
    }

private:
    fs::path validatorFile() const { return part_.string() + ".validator"; }

    void forget() const {
        std::error_code ignored;
        fs::remove(part_, ignored);
        fs::remove(validatorFile(), ignored);
    }

    /// Bytes that lie there and can be gone on from.
    std::int64_t resumable() {
        std::error_code code;
        const auto size = fs::file_size(part_, code);
        std::ifstream stream(validatorFile());
        std::getline(stream, validator_);
        const bool known = !code && size > 0 && !validator_.empty() && validator_.size() <= kMostValidator;
        if (known) return static_cast<std::int64_t>(size);
        validator_.clear();
        forget();
        return 0;
    }

    void open() {
        descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        if (descriptor_ < 0) throw fileError("be made", part_, errno);
    }

    CURLcode perform() {
        const std::unique_ptr<CURL, CloseCurl> curl(curl_easy_init());
        if (!curl) throw Error("libcurl cannot be started");
        const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl.get(), option, value); };
        set(CURLOPT_URL, address_.c_str());
        set(CURLOPT_USERAGENT, "dinoscope/" DINOSCOPE_VERSION);
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, 10L);
        set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &Transfer::onProgress);
        set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
        set(CURLOPT_WRITEFUNCTION, &Transfer::onData);
        set(CURLOPT_WRITEDATA, static_cast<void*>(this));
        set(CURLOPT_HEADERFUNCTION, &Transfer::onHeader);
        set(CURLOPT_HEADERDATA, static_cast<void*>(this));
        set(CURLOPT_ERRORBUFFER, message_);
        std::unique_ptr<curl_slist, CloseCurl> headers;
        const std::string range = std::to_string(start_) + "-";
        if (start_ > 0) {
            // CURLOPT_RESUME_FROM would take an answer from the beginning for an error.
            set(CURLOPT_RANGE, range.c_str());
            headers.reset(curl_slist_append(nullptr, ("If-Range: " + validator_).c_str()));
            set(CURLOPT_HTTPHEADER, headers.get());
        }
        const CURLcode code = curl_easy_perform(curl.get());
        curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status_);
        return code;
    }

    void finish() {
        if (::fsync(descriptor_) != 0 && writeError_ == 0) writeError_ = errno;
        ::close(std::exchange(descriptor_, -1));
    }

    void refuseStatus() const {
        if (status_ == 0 || (status_ >= 200 && status_ < 300)) return;
        throw Error("the server answers " + std::to_string(status_) +
                        (status_ == 404 ? " (there is no such file)" : ""),
                    address_, "check the address");
    }

    [[noreturn]] void refuse(CURLcode code) const {
        const std::string reason = message_[0] ? printable(message_) : curl_easy_strerror(code);
        const std::int64_t kept = start_ + received_;
        if (received_ == 0) {
            throw Error("it cannot be fetched (" + reason + ")", address_,
                        "check the network, or fetch the file elsewhere");
        }
        throw Error("the transfer was cut after " + std::to_string(kept / kMegabyte) + " MB (" + reason + ")",
                    address_, "run it again: it goes on from there");
    }

    /// A 200 where a range was asked for sends the file from its beginning.
    bool prepareWrite() {
        prepared_ = true;
        const bool partial = answered_ == 206;
        if (partial && !range_.starts_with("bytes " + std::to_string(start_) + "-")) {
            errno = EPROTO;
            return false;
        }
        if (!partial && start_ > 0) start_ = 0;
        if (::ftruncate(descriptor_, start_) != 0 || ::lseek(descriptor_, start_, SEEK_SET) != start_)
            return false;
        if (!partial) {
            std::error_code ignored;
            fs::remove(validatorFile(), ignored);
            // A weak tag promises equal meaning, not equal bytes.
            const std::string& validator = tag_.empty() || tag_.starts_with("W/") ? modified_ : tag_;
            if (!validator.empty()) writeFileAtomically(validatorFile(), std::string_view(validator));
        }
        return true;
    }

    static std::size_t onData(char* data, std::size_t one, std::size_t count, void* self) {
        auto* transfer = static_cast<Transfer*>(self);
        try {
            return transfer->take(data, one * count);
        } catch (const std::exception&) {
            transfer->writeError_ = EIO;  // an exception must not pass through C
            return 0;
        }
    }

    std::size_t take(const char* data, std::size_t size) {
        if (answered_ < 200 || answered_ >= 300) return size;  // the page that comes with an error
        if (!prepared_ && !prepareWrite()) {
            writeError_ = errno;
            return 0;
        }
        for (std::size_t done = 0; done < size;) {
            const ssize_t written = ::write(descriptor_, data + done, size - done);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) {
                writeError_ = errno;
                return 0;
            }
            done += static_cast<std::size_t>(written);
        }
        received_ += static_cast<std::int64_t>(size);
        return size;
    }

    static std::size_t onHeader(char* data, std::size_t one, std::size_t count, void* self) {
        static_cast<Transfer*>(self)->takeHeader({data, one * count});
        return one * count;
    }

    void takeHeader(std::string_view line) {
        while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
            line.remove_suffix(1);
        if (line.starts_with("HTTP/")) {  // of each answer on the way
            const std::size_t space = line.find(' ');
            answered_ =
                space == std::string_view::npos ? 0 : std::atol(std::string(line.substr(space)).c_str());
            tag_.clear();
            modified_.clear();
            range_.clear();
            return;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return;
        std::string name(line.substr(0, colon));
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        std::string_view value = line.substr(colon + 1);
        while (!value.empty() && value[0] == ' ')
            value.remove_prefix(1);
        if (value.size() > kMostValidator) return;
        if (name == "etag") tag_ = value;
        if (name == "last-modified") modified_ = value;
        if (name == "content-range") range_ = value;
    }

    static int onProgress(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
        return static_cast<Transfer*>(self)->progress(total, now);
    }

    int progress(std::int64_t total, std::int64_t now) {
        if (total > 0 && total != total_ && prepared_) {
            total_ = total;
            control_.setTotal((start_ + total) / kMegabyte, "MB");
            told_ = 0;
        }
        const std::int64_t done = (start_ + now) / kMegabyte;
        if (total_ > 0 && done > told_) control_.advance(done - std::exchange(told_, done));
        return control_.isCancelled() ? 1 : 0;
    }

    std::string address_;
    fs::path part_;
    JobControl& control_;
    std::int64_t start_ = 0;     ///< bytes that lay there
    std::int64_t received_ = 0;  ///< bytes that came
    std::int64_t total_ = 0;
    std::int64_t told_ = 0;  ///< MB
    std::string validator_;
    std::string tag_;
    std::string modified_;
    std::string range_;
    bool prepared_ = false;
    int descriptor_ = -1;
    int writeError_ = 0;
    long answered_ = 0;  ///< status of the answer whose headers come
    long status_ = 0;
    char message_[CURL_ERROR_SIZE] = {};
};

bool sameHash(const std::string& found, const std::string& expected) {
    return found.compare(0, expected.size(), expected) == 0;
}

}  // namespace

void fetchFile(const std::string& address, const fs::path& file, const std::string& sha256,
               JobControl& control) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw Error("libcurl cannot be started");
    makeFolder(file.parent_path());
    const fs::path part = file.string() + ".part";
    constexpr int kAttempts = 2;  // the second where what lay there did not fit
    bool whole = false;
    for (int attempt = 0; attempt < kAttempts && !whole; ++attempt)
        whole = Transfer(address, part, control).run();
    if (!whole) throw Error("the server does not send this file", address, "fetch it elsewhere");
    const auto forget = [&] {
        std::error_code ignored;
        fs::remove(part.string() + ".validator", ignored);
    };
    if (!sha256.empty()) {
        JobControl hashing(control);
        const std::string found = sha256OfFile(part, hashing);
        if (!sameHash(found, sha256)) {
            std::error_code ignored;
            fs::remove(part, ignored);
            forget();
            throw Error("the SHA-256 of what came is " + found + " and should " +
                            (sha256.size() < 64 ? "begin with " : "be ") + sha256,
                        address, "fetch it again, or from another place");
        }
    }
    std::error_code failed;
    fs::rename(part, file, failed);
    if (failed) throw fileError("be renamed", part, failed.value());
    forget();
    syncFolder(file.parent_path());
}

}  // namespace dinoscope
