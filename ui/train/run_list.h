#pragma once

#include <QObject>
#include <QStringList>
#include <QTimer>
#include <memory>
#include <vector>

#include "engine/api/run.h"
#include "ui/bridge/job_bridge.h"
#include "ui/bridge/runners.h"

namespace dinoscope {

/// A run of the table.
struct ListedRun {
    api::RunSummary summary;
    std::optional<api::RunScores> scores{};  ///< empty until its metrics were read
};

/// The runs at some folders, kept up to date: first what each is, at once, then how good it became, which
/// needs all of its numbers. No widgets.
class RunList : public QObject {
    Q_OBJECT

public:
    explicit RunList(Runners runners, QObject* parent = nullptr);

    void setFolders(const QStringList& folders);
    /// Looks for runs again now and then while it is on.
    void setFollowing(bool on);
    /// Looks again at once.
    void refresh();
    /// Moves a run to the trash: removed() follows, or failed().
    void remove(const std::filesystem::path& run);

    const std::vector<ListedRun>& runs() const { return runs_; }
    bool isSettled() const { return jobs_.pending() == 0; }

Q_SIGNALS:
    void changed();
    void removed(const std::filesystem::path& run);
    void activityChanged();
    void failed(const QString& sentence);

private:
    struct Reader;

    void list();
    void score();

    Runners runners_;
    QStringList folders_;
    std::shared_ptr<Reader> reader_;  ///< of the files' thread
    std::vector<ListedRun> runs_;
    QTimer timer_;
    bool listing_ = false;
    bool again_ = false;
    bool following_ = false;
    JobBridge jobs_;
};

}  // namespace dinoscope
