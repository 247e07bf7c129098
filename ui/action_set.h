#pragma once

#include <QList>
#include <QObject>

class QAction;
class QWidget;

namespace dinoscope {

/// The actions of one workspace, with their shortcuts: what menus, buttons and keys trigger.
class ActionSet : public QObject {
    Q_OBJECT

public:
    QList<QAction*> every() const;

protected:
    /// The actions belong to the set, their shortcuts hold in `window`, which owns it.
    explicit ActionSet(QWidget* window);

    /// `keys` are portable texts, several divided by "; ". Without a tool tip of its own an action has its
    /// text; either way the first key is added.
    QAction* add(const char* name, const QString& text, const QString& keys, const QString& toolTip,
                 const char* icon = nullptr);

private:
    QWidget* window_;
};

}  // namespace dinoscope
