#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/job.h"
#include "engine/neighbours/search/feature_rows.h"
#include "engine/neighbours/search/neighbour.h"

namespace dinoscope {

/// A graph in which a search walks from row to row instead of reading all (Malkov and Yashunin 2018), by
/// hnswlib. It holds links alone, some 170 bytes a row: the numbers stay in the matrix.
class ApproximateIndex {
public:
    ~ApproximateIndex();
    ApproximateIndex(const ApproximateIndex&) = delete;
    ApproximateIndex& operator=(const ApproximateIndex&) = delete;

    /// Makes the graph of all rows and writes it into `folder`, whole or not at all. Polls between rows (some
    /// milliseconds); progress advances by rows.
    static void build(const FeatureRows& rows, const std::filesystem::path& folder, std::uint64_t generation,
                      JobControl& control);

    /// The graph of a matrix, whose rows must stay where they are; there may be more of them by now. Null
    /// where there is none, or its file is damaged, of which the log tells.
    static std::unique_ptr<ApproximateIndex> load(const FeatureRows& rows,
                                                  const std::filesystem::path& folder,
                                                  std::uint64_t generation);

    static std::filesystem::path file(const std::filesystem::path& folder, std::uint64_t generation);

    std::int64_t rows() const;  ///< that the graph knows

    /// Like the exact search, but one in twenty may be missed. Rows that came after the graph are all looked
    /// at. Similarities are those of the exact search. Any thread.
    std::vector<Neighbour> nearest(const FeatureRows& rows, std::span<const float> query, std::int64_t k,
                                   const RowFilter& filter, JobControl& control) const;

private:
    class Graph;
    explicit ApproximateIndex(std::unique_ptr<Graph> graph);
    std::unique_ptr<Graph> graph_;
};

}  // namespace dinoscope
