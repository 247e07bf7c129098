#include "engine/neighbours/search/approximate_index.h"

#include <fcntl.h>
#include <hnswlib/hnswlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "engine/base/atomic_file.h"
#include "engine/base/log.h"
#include "engine/base/mapped_file.h"
#include "engine/base/parallel.h"
#include "engine/neighbours/search/exact_search.h"
#include "engine/neighbours/search/scan_kernels.h"
#include "engine/neighbours/store/checksum.h"
#include "engine/neighbours/store/feature_matrix.h"

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLinks = 16;  // of a row in the upper layers, twice as many in the lowest
constexpr std::size_t kBuildCandidates = 200;
constexpr std::size_t kSearchCandidates = 400;
constexpr std::int64_t kSpare = 32;  // found beyond the k, for those that the filter takes
constexpr std::size_t kHeaderBytes = 96;
constexpr char kMagic[8] = {'D', 'I', 'N', 'O', 'H', 'N', 'S', '1'};

/// What <file>.check holds.
struct CheckRecord {
    char magic[8];
    std::uint64_t generation;
    std::uint64_t rows;
    std::uint64_t bytes;
    std::uint64_t check;  // of the graph's file
};

/// What hnswlib stores of a point and passes around: the number of a row, or of a query that lies elsewhere.
struct Point {
    std::int64_t row;
};
constexpr std::int64_t kQuery = -1;

/// The query of the search that this thread is in, padded as rows are.
thread_local const float* currentQuery = nullptr;

/// Distances between rows of a matrix that the points number.
class RowSpace : public hnswlib::SpaceInterface<float> {
public:
    explicit RowSpace(const FeatureRows& rows)
        : rows_(rows),
          kernel_(rows.type == StorageType::Bf16 ? scan::scanTable(cpuPath()).bf16
                                                 : scan::scanTable(cpuPath()).fp32) {}

    std::size_t get_data_size() override { return sizeof(Point); }
    hnswlib::DISTFUNC<float> get_dist_func() override { return &RowSpace::distance; }
    void* get_dist_func_param() override { return this; }

private:
    static float distance(const void* a, const void* b, const void* self) {
        const auto& space = *static_cast<const RowSpace*>(self);
        Point first;
        Point second;
        std::memcpy(&first, a, sizeof first);
        std::memcpy(&second, b, sizeof second);
        if (second.row == kQuery) std::swap(first, second);
        const float* query = first.row == kQuery ? currentQuery : space.widened(first.row);
        float score = 0;
        space.kernel_.scan(
            {space.rows_.row(second.row), space.rows_.stride, 1, query, space.rows_.width(), &score});
        return 1 - score;
    }

    /// A row as a query is: single precision. The last one is kept, since it is compared with many.
    const float* widened(std::int64_t row) const {
        if (rows_.type == StorageType::Fp32) return reinterpret_cast<const float*>(rows_.row(row));
        thread_local std::vector<float> numbers;
        thread_local std::pair<std::uint64_t, std::int64_t> whose{0, 0};
        if (whose != std::pair(number_, row)) {
            numbers.assign(static_cast<std::size_t>(rows_.width()), 0.0F);
            decodeRow({rows_.row(row), static_cast<std::size_t>(rows_.stride)}, rows_.type,
                      std::span(numbers).first(static_cast<std::size_t>(rows_.dim)));
            whose = {number_, row};
        }
        return numbers.data();
    }

    static std::uint64_t nextNumber() {
        static std::atomic<std::uint64_t> number{0};
        return ++number;
    }

    FeatureRows rows_;
    scan::ScanKernel kernel_;
    const std::uint64_t number_ = nextNumber();  ///< of this space: memory may be used again for other rows
};

using Hnsw = hnswlib::HierarchicalNSW<float>;

/// Bytes that Hnsw::saveIndex() should have written: it does not tell when a disk is full.
std::uint64_t expectedBytes(const Hnsw& graph) {
    std::uint64_t bytes = kHeaderBytes + graph.cur_element_count * graph.size_data_per_element_;
    for (std::size_t i = 0; i < graph.cur_element_count; ++i) {
        bytes += sizeof(unsigned int) + static_cast<std::uint64_t>(std::max(0, graph.element_levels_[i])) *
                                            graph.size_links_per_element_;
    }
    return bytes;
}

void flush(const fs::path& file) {
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fsync(descriptor) != 0) {
        const int code = errno;
        if (descriptor >= 0) close(descriptor);
        throw fileError("be flushed to the disk", file, code);
    }
    close(descriptor);
}

fs::path checkFile(const fs::path& file) {
    return file.string() + ".check";
}

/// Writes the graph beside `target` and puts it there once it is whole on the disk. Returns what is to be
/// known of it; until that is written, a graph of before is refused as well as this one, never mistaken.
CheckRecord putInPlace(Hnsw& graph, const fs::path& target) {
    const fs::path temporary = target.string() + ".part";
    std::error_code ignored;
    CheckRecord record{{}, 0, graph.cur_element_count, expectedBytes(graph), 0};
    std::copy_n(kMagic, sizeof kMagic, record.magic);
    try {
        graph.saveIndex(temporary.string());
        if (fs::file_size(temporary, ignored) != record.bytes) throw fileError("be written", target, ENOSPC);
        flush(temporary);
        {
            const MappedFile written(temporary);
            record.check = checksum(written.bytes());
        }
        if (rename(temporary.c_str(), target.c_str()) != 0) throw fileError("be put in place", target, errno);
    } catch (...) {
        fs::remove(temporary, ignored);
        throw;
    }
    return record;
}

/// Whether every link leads to a point that is there, so that a walk stays inside.
bool linksAreSane(const Hnsw& graph, std::uint64_t rows) {
    const auto listIsSane = [&](hnswlib::linklistsizeint* list, std::size_t most) {
        const std::size_t count = *reinterpret_cast<const unsigned short*>(list);
        const auto* links = reinterpret_cast<const hnswlib::tableint*>(list + 1);
        return count <= most && std::all_of(links, links + count, [&](auto link) { return link < rows; });
    };
    if (graph.cur_element_count != rows || graph.enterpoint_node_ >= rows || graph.maxM_ != kLinks ||
        graph.maxM0_ != 2 * kLinks || graph.maxlevel_ != graph.element_levels_[graph.enterpoint_node_]) {
        return false;
    }
    for (hnswlib::tableint i = 0; i < rows; ++i) {
        Point point;
        std::memcpy(&point, graph.getDataByInternalId(i), sizeof point);
        if (point.row < 0 || point.row >= std::int64_t(rows) || graph.element_levels_[i] > graph.maxlevel_ ||
            graph.getExternalLabel(i) >= rows || !listIsSane(graph.get_linklist0(i), graph.maxM0_)) {
            return false;
        }
        for (int level = 1; level <= graph.element_levels_[i]; ++level) {
            if (!listIsSane(graph.get_linklist(i, level), graph.maxM_)) return false;
        }
    }
    return true;
}

}  // namespace

class ApproximateIndex::Graph {
public:
    explicit Graph(const FeatureRows& rows) : space(rows) {}
    RowSpace space;
    std::unique_ptr<Hnsw> hnsw;
};

ApproximateIndex::ApproximateIndex(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
ApproximateIndex::~ApproximateIndex() = default;

fs::path ApproximateIndex::file(const fs::path& folder, std::uint64_t generation) {
    return folder / ("hnsw-" + std::to_string(generation) + ".bin");
}

void ApproximateIndex::build(const FeatureRows& rows, const fs::path& folder, std::uint64_t generation,
                             JobControl& control) {
    if (rows.count == 0) return;
    RowSpace space(rows);
    Hnsw graph(&space, static_cast<std::size_t>(rows.count), kLinks, kBuildCandidates);
    const auto add = [&](std::int64_t row) {
        const Point point{row};
        graph.addPoint(&point, static_cast<std::size_t>(row));
    };
    control.setTotal(rows.count, "rows of the index");
    add(0);
    constexpr std::int64_t kAtOnce = 256;
    for (std::int64_t first = 1; first < rows.count; first += kAtOnce) {
        control.poll();
        const std::int64_t last = std::min(rows.count, first + kAtOnce);
        parallelFor(first, last, 4, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row)
                add(row);
        });
        control.advance(last - first);
    }
    const fs::path target = file(folder, generation);
    CheckRecord record = putInPlace(graph, target);
    record.generation = generation;
    writeFileAtomically(checkFile(target), std::as_bytes(std::span(&record, 1)));
}

std::unique_ptr<ApproximateIndex> ApproximateIndex::load(const FeatureRows& rows, const fs::path& folder,
                                                         std::uint64_t generation) {
    const fs::path target = file(folder, generation);
    std::error_code code;
    if (!fs::exists(target, code) || !fs::exists(checkFile(target), code)) return nullptr;
    try {
        const std::vector<std::byte> raw = readFile(checkFile(target));
        CheckRecord record{};
        if (raw.size() == sizeof record) std::memcpy(&record, raw.data(), sizeof record);
        {
            const MappedFile mapped(target);
            if (std::memcmp(record.magic, kMagic, sizeof kMagic) != 0 || record.generation != generation ||
                record.rows < 1 || record.rows > std::uint64_t(rows.count) ||
                record.bytes != mapped.bytes().size() || record.check != checksum(mapped.bytes())) {
                throw Error("the index is damaged", target.string(), "index the folder again to rebuild it");
            }
        }
        auto graph = std::make_unique<Graph>(rows);
        graph->hnsw = std::make_unique<Hnsw>(&graph->space, target.string());
        if (!linksAreSane(*graph->hnsw, record.rows)) {
            throw Error("the index is damaged", target.string(), "index the folder again to rebuild it");
        }
        graph->hnsw->setEf(kSearchCandidates);
        return std::unique_ptr<ApproximateIndex>(new ApproximateIndex(std::move(graph)));
    } catch (const std::exception& error) {
        log::warn(target.string() + ": not used (" + error.what() + ")");
        return nullptr;
    }
}

std::int64_t ApproximateIndex::rows() const {
    return static_cast<std::int64_t>(graph_->hnsw->cur_element_count);
}

std::vector<Neighbour> ApproximateIndex::nearest(const FeatureRows& rows, std::span<const float> query,
                                                 std::int64_t k, const RowFilter& filter,
                                                 JobControl& control) const {
    requireQuery(rows, query, k);
    std::vector<float> padded(static_cast<std::size_t>(rows.width()));
    std::copy(query.begin(), query.end(), padded.begin());
    currentQuery = padded.data();
    const Point point{kQuery};
    const std::int64_t wanted = std::min(k + kSpare, this->rows());
    auto nearby = graph_->hnsw->searchKnn(&point, static_cast<std::size_t>(wanted));
    currentQuery = nullptr;
    std::vector<Neighbour> found;
    for (; !nearby.empty(); nearby.pop()) {
        const auto row = static_cast<std::int64_t>(nearby.top().second);
        if (filter.allows(row)) found.push_back({row, static_cast<float>(exactProduct(rows, row, query))});
    }
    const std::int64_t known = this->rows();
    if (known < rows.count) {
        FeatureRows later = rows;
        later.first = rows.row(known);
        later.count = rows.count - known;
        const RowFilter shifted{filter.imageOfRow ? filter.imageOfRow + known : nullptr, filter.skip - known};
        for (const Neighbour& one : dinoscope::nearest(later, query, k, shifted, control))
            found.push_back({one.row + known, one.similarity});
    }
    // Where the filter took too many, only a look at all can tell.
    if (static_cast<std::int64_t>(found.size()) < std::min(k, rows.count) && filter.imageOfRow) {
        return dinoscope::nearest(rows, query, k, filter, control);
    }
    std::sort(found.begin(), found.end(), [&](const Neighbour& a, const Neighbour& b) {
        if (a.similarity != b.similarity) return a.similarity > b.similarity;
        return filter.place(a.row) < filter.place(b.row);
    });
    found.resize(std::min(found.size(), static_cast<std::size_t>(k)));
    return found;
}

}  // namespace dinoscope
