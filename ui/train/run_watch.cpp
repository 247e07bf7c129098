#include "ui/train/run_watch.h"

#include <chrono>
#include <utility>

#include "ui/bridge/texts.h"

namespace dinoscope {

namespace {

using namespace std::chrono_literals;

constexpr auto kLiveInterval = 100ms;
constexpr auto kQuietInterval = 1000ms;
constexpr qint64 kTellMs = 100;                  // between two looks at numbers that stream in
constexpr std::int64_t kPieceBytes = 4LL << 20;  // some 10,000 steps: a millisecond of the GUI's
constexpr auto kSummaryAge = std::chrono::seconds(1);

bool tellsTheSame(const api::RunSummary& a, const api::RunSummary& b) {
    return a.state == b.state && a.steps == b.steps && a.epochs() == b.epochs();
}

}  // namespace

/// What the files' thread keeps between two polls. One poll at a time.
struct RunWatch::Reader {
    Reader(std::filesystem::path folder, MetricsFollower::Wanted wanted)
        : run(std::move(folder)), follower(RunPaths(run).metrics(), wanted) {}

    std::filesystem::path run;
    MetricsFollower follower;
    std::chrono::steady_clock::time_point summarisedAt;
    bool wasRun = false;
};

struct RunWatch::Found {
    MetricsUpdate update;
    std::optional<api::RunSummary> summary;
    bool gone = false;
};

RunWatch::RunWatch(Runners runners, MetricsFollower::Wanted wanted, QObject* parent)
    : QObject(parent), runners_(runners), wanted_(wanted) {
    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, &RunWatch::poll);
}

void RunWatch::setRun(const std::filesystem::path& run) {
    if (run != run_ || !reader_) {
        run_ = run;
        reader_ = run.empty() ? nullptr : std::make_shared<Reader>(run, wanted_);
        known_ = gone_ = false;
        begin({});
        Q_EMIT restarted();
        Q_EMIT summaryChanged();
    }
    timer_.stop();
    if (!reader_) {
        setSettled(true);
        return;
    }
    setSettled(false);
    again_ = reading_;
    if (!reading_) poll();
}

void RunWatch::setFollowing(bool on) {
    if (on == following_) return;
    following_ = on;
    if (on && reader_ && !reading_) poll();
}

void RunWatch::begin(const api::RunSummary& summary) {
    summary_ = summary;
    curves_ = RunCurves(summary.stepsPerEpoch);
    probes_ = api::ProbeHistory(run_);
    scores_ = {};
}

void RunWatch::poll() {
    timer_.stop();
    if (!reader_) return;
    reading_ = true;
    auto found = std::make_shared<Found>();
    JobBridge::Task task;
    task.run = [found, reader = reader_](JobControl&) {
        // The summary first: the numbers are placed by its steps of an epoch.
        const auto now = std::chrono::steady_clock::now();
        if (now - reader->summarisedAt >= kSummaryAge) {
            found->summary = api::summarise(reader->run);
            reader->summarisedAt = now;
        }
        found->update = reader->follower.poll(kPieceBytes);
        // Looked at last: a folder that vanished meanwhile has neither steps nor a summary.
        const bool isRun = api::isRun(reader->run);
        found->gone = reader->wasRun && !isRun;
        reader->wasRun = reader->wasRun || isRun;
    };
    task.done = [this, found, reader = reader_](const JobResult& result) {
        reading_ = false;
        if (reader != reader_) {
            if (reader_) poll();
            return;
        }
        if (result.outcome == JobOutcome::Failed) {
            // A folder on the network may come back.
            if (!std::exchange(failing_, true)) Q_EMIT failed(sentenceOf(*result.error));
            setSettled(true);
            if (following_) timer_.start(kQuietInterval);
            return;
        }
        failing_ = false;
        take(*found);
    };
    jobs_.submit(runners_.files, std::move(task));
}

/// Its numbers are the only ones left: they stay on show. It may be put back.
void RunWatch::noteGone() {
    if (!std::exchange(gone_, true)) {
        Q_EMIT summaryChanged();
        Q_EMIT changed();
    }
    again_ = false;
    setSettled(true);
    if (following_) timer_.start(kQuietInterval);
}

/// What lies there now may be another run: it is read from its start.
bool RunWatch::comesBack(const Found& found) {
    if (!gone_ || found.gone) return false;
    reader_.reset();
    setRun(run_);
    return true;
}

void RunWatch::take(const Found& found) {
    if (comesBack(found)) return;
    if (found.gone) {
        noteGone();
        return;
    }
    const bool first = !known_;
    known_ = true;
    // That a folder is no run is told by whoever showed it.
    const bool news = found.summary && (first ? found.summary->state != api::RunState::Unreadable
                                              : !tellsTheSame(summary_, *found.summary));
    if (found.summary) summary_ = *found.summary;
    if (first || found.update.restarted) {
        begin(api::RunSummary(summary_));
        Q_EMIT restarted();
    }
    if (!found.update.added.empty()) {
        curves_.add(found.update.added);
        probes_.add(found.update.added.probes);
        for (const EpochMetrics& epoch : found.update.added.epochs)
            scores_.add(epoch);
        untold_ = true;
    }
    if (!found.update.more || !toldAt_.isValid() || toldAt_.elapsed() >= kTellMs) tell();
    if (found.summary) Q_EMIT summaryChanged();
    if (news) Q_EMIT changed();
    const bool more = found.update.more || std::exchange(again_, false);
    if (!more) setSettled(true);
    if (more) {
        timer_.start(0ms);
    } else if (following_) {
        timer_.start(summary_.state == api::RunState::Live ? kLiveInterval : kQuietInterval);
    }
}

void RunWatch::tell() {
    if (!std::exchange(untold_, false)) return;
    toldAt_.start();
    Q_EMIT grown();
}

void RunWatch::setSettled(bool settled) {
    if (settled == settled_) return;
    settled_ = settled;
    Q_EMIT settledChanged();
}

}  // namespace dinoscope
