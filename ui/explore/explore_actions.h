#pragma once

#include "ui/explore/attention_actions.h"

namespace dinoscope {

/// The actions of the Explore workspace: what menus, buttons and keys trigger.
class ExploreActions : public AttentionActions {
    Q_OBJECT

public:
    explicit ExploreActions(QWidget* window);

    QAction* openWeights;
    QAction* compareModels;
    QAction* grid;              ///< checkable: all heads large instead of one
    QAction* neighbours;        ///< of the whole picture
    QAction* neighboursOfPart;  ///< checkable: a rectangle is being dragged
    QAction* neighboursOfMask;

    void setControls(const ExploreControls& controls, int heads);
    void fillViewMenu(QMenu& menu) const;
    void fillNeighboursMenu(QMenu& menu) const;
};

}  // namespace dinoscope
