#pragma once

#include <QObject>
#include <filesystem>

namespace dinoscope {

class MainWindow;

/// Waits until what a window shows has settled, then writes a picture of the whole window. Driven by events:
/// it never sleeps. A failure on the way ends it too.
class Screenshot : public QObject {
    Q_OBJECT

public:
    Screenshot(MainWindow& window, std::filesystem::path file, QObject* parent = nullptr);

Q_SIGNALS:
    /// With an empty sentence if the file is written.
    void finished(const QString& sentence);

private:
    void check();
    void take();
    void finish(const QString& sentence);

    MainWindow& window_;
    std::filesystem::path file_;
    bool done_ = false;
};

}  // namespace dinoscope
