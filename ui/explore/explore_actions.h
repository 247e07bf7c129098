#pragma once

#include <array>

#include "ui/action_set.h"
#include "ui/explore/explore_state.h"

class QAction;
class QMenu;

namespace dinoscope {

/// ViT-L has as many heads.
inline constexpr int kHeadKeys = 16;

/// The actions of the Explore workspace, with their shortcuts: what menus, buttons and keys trigger.
class ExploreActions : public ActionSet {
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
    std::array<QAction*, kHeadKeys> head;  ///< digits, from the tenth head on with Shift
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

    void setControls(const ExploreControls& controls, int heads);
    void fillHeadsMenu(QMenu& menu) const;
    void fillViewMenu(QMenu& menu) const;
    void fillNeighboursMenu(QMenu& menu) const;

private:
    void makeFileActions();
    void makeHeadActions();
    void makeViewActions();
    void makeNeighboursActions();
};

}  // namespace dinoscope
