#pragma once

#include <QList>
#include <QObject>
#include <array>

#include "ui/explore/explore_state.h"

class QAction;
class QMenu;

namespace dinoscope {

/// The actions of the Explore workspace, with their shortcuts: what menus, buttons and keys trigger.
class ExploreActions : public QObject {
    Q_OBJECT

public:
    explicit ExploreActions(QWidget* window);

    QAction* openWeights;
    QAction* copyPicture;
    QAction* copyCommand;
    QAction* exportFiles;
    QAction* previous;
    QAction* next;
    QAction* mean;
    QAction* all;
    std::array<QAction*, 10> head;  ///< digit keys
    QAction* previousHead;
    QAction* nextHead;
    QAction* cls;
    QAction* follow;
    QAction* mask;
    QAction* grid;   ///< checkable: all heads large instead of one
    QAction* strip;  ///< checkable
    QAction* panel;  ///< checkable
    QAction* zoomIn;
    QAction* zoomOut;
    QAction* zoomFit;
    QAction* zoomOne;
    QAction* neighbours;        ///< of the whole picture
    QAction* neighboursOfPart;  ///< checkable: a rectangle is being dragged
    QAction* neighboursOfMask;
    QAction* compute;
    QAction* cancel;

    QList<QAction*> every() const;
    void setControls(const ExploreControls& controls, int heads);
    void fillHeadsMenu(QMenu& menu) const;
    void fillViewMenu(QMenu& menu) const;
    void fillNeighboursMenu(QMenu& menu) const;

private:
    QAction* add(const char* name, const QString& text, const QString& keys, const QString& toolTip,
                 const char* icon = nullptr);
    void makeFileActions();
    void makeHeadActions();
    void makeViewActions();
    void makeNeighboursActions();

    QWidget* window_;
};

}  // namespace dinoscope
