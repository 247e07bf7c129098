#pragma once

#include <QFrame>
#include <QList>

class QAction;
class QLabel;
class QProgressBar;

namespace dinoscope {

class ElidedLabel;
class IconLabel;
class RunDriver;

/// How this window's run goes, on every page: where it is, how far, how long it will take, and what can be
/// done about it.
class RunStrip : public QFrame {
    Q_OBJECT

public:
    /// The actions become buttons in this order.
    RunStrip(RunDriver& driver, const QList<QAction*>& actions, QWidget* parent = nullptr);

    void refresh();

private:
    QString detailText() const;

    RunDriver& driver_;
    IconLabel* icon_;
    QLabel* phase_;
    ElidedLabel* detail_;
    QProgressBar* bar_;
    QLabel* left_;
};

}  // namespace dinoscope
