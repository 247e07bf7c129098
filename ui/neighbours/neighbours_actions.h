#pragma once

#include <QList>
#include <QObject>

#include "ui/neighbours/neighbours_state.h"

class QAction;
class QMenu;

namespace dinoscope {

/// The actions of the Neighbours workspace, with their shortcuts: what menus, buttons and keys trigger.
class NeighboursActions : public QObject {
    Q_OBJECT

public:
    explicit NeighboursActions(QWidget* window);

    QAction* openGallery;
    QAction* build;
    QAction* update;
    QAction* relocate;
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
    QAction* column;  ///< checkable: query and result, large
    QAction* panel;   ///< checkable

    QList<QAction*> every() const;
    void setControls(const NeighboursControls& controls);
    void setPage(NeighboursPage page);
    void fillGalleryMenu(QMenu& menu) const;
    void fillItemMenu(QMenu& menu) const;
    void fillViewMenu(QMenu& menu) const;

private:
    QAction* add(const char* name, const QString& text, const QString& keys, const QString& toolTip,
                 const char* icon = nullptr);
    void makeGalleryActions();
    void makeItemActions();
    void makeViewActions();

    QWidget* window_;
    bool goingOn_ = false;  ///< pause says "go on"
};

}  // namespace dinoscope
