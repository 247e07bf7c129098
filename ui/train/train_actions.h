#pragma once

#include "ui/action_set.h"
#include "ui/train/train_state.h"

class QAction;
class QMenu;

namespace dinoscope {

/// The actions of the Train workspace, with their shortcuts: what menus, buttons and keys trigger.
class TrainActions : public ActionSet {
    Q_OBJECT

public:
    explicit TrainActions(QWidget* window);

    QAction* setUp;  ///< checkable, one of the four pages
    QAction* watch;  ///< likewise
    QAction* learn;  ///< likewise
    QAction* runs;   ///< likewise

    QAction* start;
    QAction* pause;
    QAction* resume;
    QAction* stop;
    QAction* save;
    QAction* goOn;
    QAction* extend;

    QAction* openRun;
    QAction* explore;
    QAction* likeThis;
    QAction* startFrom;
    QAction* reveal;

    void setPage(TrainPage page);
    void setEnabled(const TrainControls& controls);
    void fillViewMenu(QMenu& menu) const;
    void fillRunMenu(QMenu& menu) const;

private:
    void makeViewActions();
    void makeRunActions();
};

}  // namespace dinoscope
