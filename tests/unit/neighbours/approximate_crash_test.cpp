#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>
#include <filesystem>

#include "engine/base/parallel.h"
#include "engine/neighbours/search/approximate_index.h"
#include "engine/neighbours/search/exact_search.h"
#include "tests/unit/neighbours/unit_vectors.h"

using namespace dinoscope;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDim = 32;
constexpr std::int64_t kFewer = 64;
constexpr std::int64_t kRows = 96;
constexpr double kSpread = 1;

/// Builds the graph of some and of all rows by turns: so small a one that a kill often meets the writing, and
/// the new graph with the check of the one before.
[[noreturn]] void work(const FeatureRows& all, const fs::path& folder) {
    try {
        JobControl control;
        while (true) {
            for (const std::int64_t count : {kFewer, kRows}) {
                FeatureRows rows = all;
                rows.count = count;
                ApproximateIndex::build(rows, folder, 1, control);
            }
        }
    } catch (...) {
        _exit(1);
    }
}

}  // namespace

class ApproximateCrashTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// kill -9 at random instants: what is left is a graph that finds what there is, or none.
    void killedAtAnyInstantTheGraphIsWholeOrRefused() {
        const QTemporaryDir temporary;
        const fs::path folder = temporary.path().toStdString();
        const Vectors vectors(kRows, kDim, StorageType::Fp32, kSpread);
        const int kills = qEnvironmentVariableIntValue("DINOSCOPE_KILLS") > 0
                              ? qEnvironmentVariableIntValue("DINOSCOPE_KILLS")
                              : 20;
        for (int attempt = 0; attempt < kills; ++attempt) {
            const pid_t child = fork();
            QVERIFY(child >= 0);
            if (child == 0) {
                setThreadCount(1);  // the threads of the parent's pool are not the child's
                work(vectors.rows(), folder);
            }
            usleep(static_cast<useconds_t>(5'000 + mix(std::uint64_t(attempt)) % 60'000));
            kill(child, SIGKILL);
            int status = 0;
            QCOMPARE(waitpid(child, &status, 0), child);
            QVERIFY2(WIFSIGNALED(status), "the build failed by itself");
            const auto graph = ApproximateIndex::load(vectors.rows(), folder, 1);
            if (graph) requireRight(*graph, vectors);
        }
        JobControl control;
        ApproximateIndex::build(vectors.rows(), folder, 1, control);
        const auto graph = ApproximateIndex::load(vectors.rows(), folder, 1);
        QVERIFY(graph);
        QCOMPARE(graph->rows(), kRows);
        requireRight(*graph, vectors);
        QVERIFY(!fs::exists(ApproximateIndex::file(folder, 1).string() + ".part"));
    }

private:
    /// Of so few rows a walk sees all.
    static void requireRight(const ApproximateIndex& graph, const Vectors& vectors) {
        QVERIFY(graph.rows() == kFewer || graph.rows() == kRows);
        JobControl control;
        for (std::uint64_t q = 0; q < 8; ++q) {
            const std::vector<float> query = vectors.make(q * 11, kSpread);
            QVERIFY(graph.nearest(vectors.rows(), query, 5, {}, control) ==
                    nearest(vectors.rows(), query, 5, {}, control));
        }
    }
};

QTEST_GUILESS_MAIN(ApproximateCrashTest)
#include "approximate_crash_test.moc"
