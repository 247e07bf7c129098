#include "engine/train/run/metrics_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "engine/base/atomic_file.h"
#include "engine/base/error.h"

namespace dinoscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kTail = 256;
constexpr std::size_t kLongestLine = std::size_t{1} << 20;
constexpr std::string_view kStepStart = "{\"kind\":\"step\"";

/// An open file that closes itself.
class Descriptor {
public:
    Descriptor(const fs::path& path, int flags)
        : path_(path), number_(open(path.c_str(), flags | O_CLOEXEC, 0666)) {
        if (number_ < 0 && errno != ENOENT) throw fileError("be opened", path_, errno);
    }
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    bool isOpen() const { return number_ >= 0; }
    int number() const { return number_; }

    struct stat status() const {
        struct stat found {};
        if (fstat(number_, &found) != 0) throw fileError("be read", path_, errno);
        return found;
    }

    /// As much as there is of `size` bytes.
    std::string read(std::int64_t offset, std::size_t size) const {
        std::string bytes(size, '\0');
        std::size_t filled = 0;
        while (filled < size) {
            const ssize_t count = pread(number_, bytes.data() + filled, size - filled,
                                        offset + static_cast<std::int64_t>(filled));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw fileError("be read", path_, errno);
            if (count == 0) break;
            filled += static_cast<std::size_t>(count);
        }
        bytes.resize(filled);
        return bytes;
    }

private:
    const fs::path& path_;
    int number_;
};

/// Calls take(line) for each whole line from `offset` on, until it returns false. Returns the offset behind
/// the last line that was taken. A line beyond all measure is passed over in pieces.
template <typename Take>
std::int64_t forEachLine(const Descriptor& file, std::int64_t offset, const Take& take) {
    std::string open;  // the start of a line whose end is in the next chunk
    std::int64_t taken = offset;
    std::int64_t position = offset;
    for (;;) {
        const std::string chunk = file.read(position, kChunk);
        position += static_cast<std::int64_t>(chunk.size());
        std::size_t start = 0;
        for (std::size_t end; (end = chunk.find('\n', start)) != std::string::npos; start = end + 1) {
            std::string_view line(chunk.data() + start, end - start);
            if (!open.empty()) line = open.append(line);
            if (!take(line)) return taken;
            taken = position - static_cast<std::int64_t>(chunk.size() - end - 1);
            open.clear();
        }
        open.append(chunk, start);
        if (open.size() > kLongestLine) open.resize(kLongestLine);
        if (chunk.size() < kChunk) return taken;
    }
}

/// Whether one record tells of more than the first steps and the first whole epochs.
bool isBeyond(const Metrics& one, std::int64_t firstStep, std::int64_t epochsDone) {
    if (!one.steps.empty()) return one.steps.back().step >= firstStep;
    if (!one.epochs.empty())
        return one.epochs.back().step >= firstStep || one.epochs.back().epoch >= epochsDone;
    // A probe names the epochs behind the weights, an epoch itself.
    return one.probes.back().step >= firstStep || one.probes.back().epoch > epochsDone;
}

}  // namespace

MetricsWriter::MetricsWriter(fs::path file) : path_(std::move(file)) {
    descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw fileError("be opened", path_, errno);
    try {
        cutTornLine();
    } catch (...) {
        close(descriptor_);
        throw;
    }
}

void MetricsWriter::cutTornLine() {
    const Descriptor file(path_, O_RDONLY);
    size_ = file.status().st_size;
    const std::int64_t whole = size_;
    for (std::int64_t end = size_; end > 0;) {
        const std::int64_t start = std::max<std::int64_t>(0, end - static_cast<std::int64_t>(kChunk));
        const std::string chunk = file.read(start, static_cast<std::size_t>(end - start));
        const std::size_t newline = chunk.rfind('\n');
        size_ = newline == std::string::npos ? start : start + static_cast<std::int64_t>(newline) + 1;
        if (newline != std::string::npos) break;
        end = start;
    }
    if (size_ != whole && ftruncate(descriptor_, size_) != 0) throw fileError("be cut back", path_, errno);
}

MetricsWriter::~MetricsWriter() {
    try {
        flush();
    } catch (const Error&) {
        // Whoever cares has called sync().
    }
    close(descriptor_);
}

void MetricsWriter::flush() {
    const char* next = waiting_.data();
    std::size_t left = waiting_.size();
    while (left > 0) {
        const ssize_t written = ::write(descriptor_, next, left);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const int code = errno;
            // A piece of a line may be there; should this fail too, readers pass over it.
            if (ftruncate(descriptor_, size_) != 0) waiting_.clear();
            throw fileError("be written", path_, code);
        }
        next += written;
        left -= static_cast<std::size_t>(written);
    }
    size_ += static_cast<std::int64_t>(waiting_.size());
    waiting_.clear();
}

void MetricsWriter::sync() {
    flush();
    if (fdatasync(descriptor_) != 0) throw fileError("be flushed to the disk", path_, errno);
}

bool MetricsFollower::isStillTheSame(int descriptor, std::int64_t size, std::uint64_t inode) const {
    if (offset_ == 0) return true;
    if (inode != inode_ || size < offset_) return false;
    // Cut back and grown past offset_ since: no two lines have the same times.
    char bytes[kTail];
    const auto start = offset_ - static_cast<std::int64_t>(tail_.size());
    const ssize_t count = pread(descriptor, bytes, tail_.size(), start);
    return count == static_cast<ssize_t>(tail_.size()) && tail_ == std::string_view(bytes, tail_.size());
}

void MetricsFollower::restart(MetricsUpdate& update) {
    update.restarted = offset_ > 0;
    offset_ = 0;
    tail_.clear();
}

MetricsUpdate MetricsFollower::poll(std::int64_t mostBytes) {
    MetricsUpdate update;
    const Descriptor file(path_, O_RDONLY);
    if (!file.isOpen()) {
        restart(update);
        return update;
    }
    const struct stat status = file.status();
    if (!isStillTheSame(file.number(), status.st_size, status.st_ino)) restart(update);
    inode_ = status.st_ino;
    if (status.st_size == offset_) return update;
    const std::int64_t before = offset_;
    std::int64_t bytes = 0;
    offset_ = forEachLine(file, offset_, [&](std::string_view line) {
        update.more = bytes >= mostBytes;
        if (update.more) return false;
        bytes += static_cast<std::int64_t>(line.size()) + 1;
        if (wanted_ == Wanted::EpochsAndProbes && line.starts_with(kStepStart)) return true;
        if (!parseMetricsLine(line, update.added)) ++update.skippedLines;
        return true;
    });
    if (offset_ > before) {
        const std::int64_t size = std::min<std::int64_t>(offset_, kTail);
        tail_ = file.read(offset_ - size, static_cast<std::size_t>(size));
    }
    return update;
}

Metrics readMetricsTail(const fs::path& path, std::int64_t bytes) {
    Metrics metrics;
    const Descriptor file(path, O_RDONLY);
    if (!file.isOpen()) return metrics;
    const std::int64_t start = std::max<std::int64_t>(0, file.status().st_size - bytes);
    const std::string tail = file.read(start, static_cast<std::size_t>(bytes));
    std::string_view rest = tail;
    // The first line is torn, unless it is the file's.
    if (start > 0) rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1));
    for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1))
        parseMetricsLine(rest.substr(0, end), metrics);
    return metrics;
}

Metrics readMetrics(const fs::path& file, std::int64_t* skippedLines) {
    MetricsUpdate update = MetricsFollower(file).poll();
    if (skippedLines) *skippedLines = update.skippedLines;
    return std::move(update.added);
}

MetricsCut cutBackMetrics(const fs::path& file, std::int64_t firstStep, std::int64_t epochsDone) {
    MetricsCut cut;
    const Descriptor open(file, O_RDWR);
    if (!open.isOpen()) {
        cut.stepsMissing = firstStep;
        return cut;
    }
    std::int64_t distinct = 0;
    std::int64_t last = -1;
    const std::int64_t end = forEachLine(open, 0, [&](std::string_view line) {
        Metrics one;
        if (!parseMetricsLine(line, one)) return true;
        if (isBeyond(one, firstStep, epochsDone)) return false;
        if (one.steps.empty()) return true;
        const std::int64_t step = one.steps.back().step;
        ++cut.stepsKept;
        if (step > last) ++distinct;
        last = std::max(last, step);
        return true;
    });
    cut.stepsMissing = firstStep - distinct;
    forEachLine(open, end, [&cut](std::string_view) {
        ++cut.linesDropped;
        return true;
    });
    if (ftruncate(open.number(), end) != 0 || fsync(open.number()) != 0) {
        throw fileError("be cut back", file, errno);
    }
    return cut;
}

}  // namespace dinoscope
