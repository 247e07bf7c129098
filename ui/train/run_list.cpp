#include "ui/train/run_list.h"

#include <QFile>
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <system_error>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"

namespace dinoscope {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 2000ms;

/// Of a file: whether it is still as it was.
struct Stamp {
    std::uintmax_t size = 0;
    fs::file_time_type time{};

    static Stamp of(const fs::path& file) {
        std::error_code none;
        const std::uintmax_t size = fs::file_size(file, none);
        if (none) return {};
        return {size, fs::last_write_time(file, none)};
    }
    bool operator==(const Stamp&) const = default;
};

}  // namespace

/// What the files' thread remembers of the runs.
struct RunList::Reader {
    struct Known {
        Stamp record;
        Stamp metrics;
        api::RunSummary summary;
    };

    api::RunSummary summaryOf(const fs::path& run) {
        const RunPaths paths(run);
        const Known seen{Stamp::of(paths.record()), Stamp::of(paths.metrics()), {}};
        const auto found = known.find(run);
        // A writer's lock comes and goes without the other two.
        const bool same = found != known.end() && found->second.record == seen.record &&
                          found->second.metrics == seen.metrics &&
                          found->second.summary.writer.has_value() == lockHolder(paths.lock()).has_value();
        if (same) return found->second.summary;
        return (known[run] = {seen.record, seen.metrics, api::summarise(run)}).summary;
    }
    api::RunScores scoresOf(const fs::path& run) {
        return scorers.try_emplace(run, run).first->second.update();
    }

    std::map<fs::path, Known> known;
    std::map<fs::path, api::RunScorer> scorers;
};

RunList::RunList(Runners runners, QObject* parent)
    : QObject(parent), runners_(runners), reader_(std::make_shared<Reader>()) {
    timer_.setSingleShot(true);
    timer_.setInterval(kInterval);
    connect(&timer_, &QTimer::timeout, this, &RunList::refresh);
    connect(&jobs_, &JobBridge::pendingChanged, this, &RunList::activityChanged);
}

void RunList::setFolders(const QStringList& folders) {
    folders_ = folders;
    refresh();
}

void RunList::setFollowing(bool on) {
    following_ = on;
    timer_.stop();
    if (on) refresh();
}

void RunList::refresh() {
    again_ = listing_;
    if (!listing_) list();
}

void RunList::list() {
    listing_ = true;
    auto found = std::make_shared<std::vector<ListedRun>>();
    JobBridge::Task task;
    task.run = [found, reader = reader_, folders = folders_](JobControl& control) {
        std::set<fs::path> seen;
        for (const QString& folder : folders) {
            for (const fs::path& run : api::findRuns(filePath(folder), control)) {
                if (seen.insert(run.lexically_normal()).second)
                    found->push_back({reader->summaryOf(run), {}});
            }
        }
    };
    task.done = [this, found](const JobResult& result) {
        listing_ = false;
        if (result.outcome == JobOutcome::Failed) Q_EMIT failed(sentenceOf(*result.error));
        if (result.outcome == JobOutcome::Done) {
            for (ListedRun& run : *found) {
                const auto before = std::find_if(runs_.begin(), runs_.end(), [&](const ListedRun& each) {
                    return each.summary.folder == run.summary.folder;
                });
                if (before != runs_.end()) run.scores = before->scores;
            }
            runs_ = std::move(*found);
            Q_EMIT changed();
            score();
        }
        if (std::exchange(again_, false)) {
            list();
        } else if (following_) {
            timer_.start();
        }
    };
    jobs_.submit(runners_.files, std::move(task));
}

void RunList::score() {
    std::vector<fs::path> folders;
    for (const ListedRun& run : runs_) {
        if (run.summary.state != api::RunState::Unreadable) folders.push_back(run.summary.folder);
    }
    auto found = std::make_shared<std::map<fs::path, api::RunScores>>();
    JobBridge::Task task;
    task.slot = "scores";
    task.priority = JobPriority::Long;  // whoever watches a run goes first
    task.run = [found, reader = reader_, folders](JobControl& control) {
        for (const fs::path& folder : folders) {
            control.poll();
            found->emplace(folder, reader->scoresOf(folder));
        }
    };
    task.done = [this, found](const JobResult& result) {
        if (result.outcome != JobOutcome::Done) return;
        for (ListedRun& run : runs_) {
            const auto scores = found->find(run.summary.folder);
            if (scores != found->end()) run.scores = scores->second;
        }
        Q_EMIT changed();
    };
    jobs_.submit(runners_.files, std::move(task));
}

void RunList::remove(const fs::path& run) {
    JobBridge::Task task;
    task.run = [run](JobControl&) {
        if (const auto writer = lockHolder(RunPaths(run).lock())) {
            throw Error("the run is being written by process " + std::to_string(writer->process) + " on " +
                            writer->host,
                        run.string(), "stop it first");
        }
        QFile folder(pathText(run));
        if (!folder.moveToTrash()) {
            throw Error(
                "the folder cannot be moved to the trash (" + folder.errorString().toStdString() + ")",
                run.string(), "remove it in the file manager");
        }
    };
    task.done = [this, run](const JobResult& result) {
        if (result.outcome == JobOutcome::Failed) Q_EMIT failed(sentenceOf(*result.error));
        if (result.outcome == JobOutcome::Done) Q_EMIT removed(run);
        refresh();
    };
    jobs_.submit(runners_.files, std::move(task));
}

}  // namespace dinoscope
