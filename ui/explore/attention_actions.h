#pragma once

#include <array>

#include "ui/action_set.h"
#include "ui/explore/explore_state.h"

class QAction;
class QMenu;

namespace dinoscope {

/// ViT-L has as many heads.
inline constexpr int kHeadKeys = 16;

/// The actions, with their shortcuts, of a workspace that shows a model's attention over pictures.
class AttentionActions : public ActionSet {
    Q_OBJECT

public:
    /// Names of the actions begin with `prefix`.
    AttentionActions(const char* prefix, QWidget* window);

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
    QAction* strip;  ///< checkable
    QAction* panel;  ///< checkable
    QAction* zoomIn;
    QAction* zoomOut;
    QAction* zoomFit;
    QAction* zoomOne;
    QAction* compute;
    QAction* cancel;

    void setControls(const ExploreControls& controls, int heads);
    void fillHeadsMenu(QMenu& menu) const;
    void fillZoomMenu(QMenu& menu) const;

Q_SIGNALS:
    void tileChosen(int tile);  ///< mean, all or a head

protected:
    QAction* addNamed(const QByteArray& name, const QString& text, const QString& keys,
                      const QString& toolTip, const char* icon = nullptr);

private:
    void makeFileActions();
    void makeHeadActions();
    void makeViewActions();

    QByteArray prefix_;
};

}  // namespace dinoscope
