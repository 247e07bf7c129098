#pragma once

#include "ui/action_set.h"
#include "ui/neighbours/neighbours_state.h"

class QAction;
class QMenu;

namespace dinoscope {

/// The actions of the Neighbours workspace, with their shortcuts: what menus, buttons and keys trigger.
class NeighboursActions : public ActionSet {
    Q_OBJECT

public:
    explicit NeighboursActions(QWidget* window);

    QAction* openGallery;
    QAction* build;
    QAction* update;
    QAction* relocate;
    QAction* forgetMissing;
    QAction* pause;  ///< checkable
    QAction* stop;
    QAction* back;
    QAction* forward;
    QAction* overview;
    QAction* ask;
    QAction* openInExplore;
    QAction* reveal;
    QAction* copyPath;
    QAction* exportList;
    QAction* contactSheet;
    QAction* findDuplicates;
    QAction* chooseWeights;
    QAction* cancel;
    QAction* browse;      ///< checkable, one of the three pages
    QAction* duplicates;  ///< likewise
    QAction* evaluate;    ///< likewise
    QAction* larger;
    QAction* smaller;
    QAction* column;     ///< checkable: query and result, large
    QAction* attention;  ///< checkable: over both of them
    QAction* panel;      ///< checkable

    void setControls(const NeighboursControls& controls);
    void setPage(NeighboursPage page);
    void fillGalleryMenu(QMenu& menu) const;
    void fillItemMenu(QMenu& menu) const;
    void fillViewMenu(QMenu& menu) const;

private:
    void makeGalleryActions();
    void makeItemActions();
    void makeViewActions();

    bool goingOn_ = false;  ///< pause says "go on"
};

}  // namespace dinoscope
