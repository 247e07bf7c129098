#pragma once

#include "ui/explore/attention_actions.h"

namespace dinoscope {

/// The actions of the Compare workspace: what menus, buttons and keys trigger.
class CompareActions : public AttentionActions {
    Q_OBJECT

public:
    explicit CompareActions(QWidget* window);

    QAction* addModel;

    void setControls(const ExploreControls& controls, int heads, bool room);
};

}  // namespace dinoscope
