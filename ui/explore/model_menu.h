#pragma once

#include <QMenu>

#include "engine/api/model.h"

class QToolButton;

namespace dinoscope {

class Recent;

/// Models to choose from: a file, the bundled one, untrained ones, the teacher in training, those opened
/// last.
class ModelMenu : public QMenu {
    Q_OBJECT

public:
    /// `open` asks for a file; `recent` outlives the menu.
    ModelMenu(QAction* open, const Recent& recent, QWidget* parent);

    /// Of the untrained ones.
    void setSeed(std::uint64_t seed) { seed_ = seed; }
    /// A run that is being trained, whose teacher is offered; empty for none.
    void setLiveRun(const QString& run) { liveRun_ = run; }

Q_SIGNALS:
    void chosen(const dinoscope::api::ModelSource& source);

private:
    void fill();
    void addUntrained();
    void addLive();
    void addRecent();
    void choose(const std::string& weights);

    QAction* open_;
    const Recent& recent_;
    std::uint64_t seed_ = 0;
    QString liveRun_;
};

/// The button that shows the model and opens the menu. The menu becomes the button's.
QToolButton* makeModelButton(const QString& name);
/// With the space between icon and text that a style sheet leaves out.
void setModelTitle(QToolButton& button, const QString& title);

}  // namespace dinoscope
