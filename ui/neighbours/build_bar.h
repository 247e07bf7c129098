#pragma once

#include <QFrame>
#include <QTimer>

#include "ui/neighbours/neighbours_session.h"

class QAction;
class QProgressBar;
class QToolButton;

namespace dinoscope {

class ElidedLabel;

/// How far a gallery or its index is that is being built, while everything else can be used.
class BuildBar : public QFrame {
    Q_OBJECT

public:
    BuildBar(const NeighboursSession& session, QAction* pause, QAction* stop, QWidget* parent = nullptr);

    /// Null hides it.
    void setBuild(const BuildState* build);

private:
    void refresh();
    QString stateText(const Progress& progress) const;

    const NeighboursSession& session_;
    BuildState::Step step_ = BuildState::Step::Features;
    std::shared_ptr<JobControl> control_;
    QTimer timer_;
    QString title_;
    ElidedLabel* text_;
    QProgressBar* bar_;
    QToolButton* pause_;
};

}  // namespace dinoscope
