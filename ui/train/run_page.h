#pragma once

#include <QString>
#include <QWidget>
#include <filesystem>

class QPushButton;

namespace dinoscope {

class JobBridge;
struct JobResult;

/// A page of the Train workspace that shows what a run folder holds, whoever writes it: this window, another
/// process, or nobody any more.
class RunPage : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    /// An empty path: no run. The same folder again means that it may have changed.
    virtual void setRun(const std::filesystem::path& run) = 0;
    /// Nothing is being read or decoded.
    virtual bool isSettled() const { return true; }
    /// What it writes to files, with a title while it does; null for nothing ever.
    virtual JobBridge* exports() { return nullptr; }

Q_SIGNALS:
    void activityChanged();
    /// The run folder holds something else than before.
    void runChanged();
    void failed(const QString& sentence);
    /// What came of something that was asked for.
    void told(const QString& sentence);
    /// Nothing is on show: the run that ships with the program is asked for.
    void exampleWanted();

protected:
    /// The button that asks for it, for a page that has nothing to show; null where no run ships.
    QPushButton* makeExampleButton();
    /// Tells how an export ended.
    void tellExport(const JobResult& result, const QString& file);
};

}  // namespace dinoscope
