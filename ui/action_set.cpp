#include "ui/action_set.h"

#include <QAction>
#include <QWidget>

#include "ui/theme.h"

namespace dinoscope {

ActionSet::ActionSet(QWidget* window) : QObject(window), window_(window) {}

QAction* ActionSet::add(const char* name, const QString& text, const QString& keys, const QString& toolTip,
                        const char* icon) {
    auto* action = new QAction(text, this);
    action->setObjectName(QLatin1String(name));
    const QList<QKeySequence> shortcuts = QKeySequence::listFromString(keys);
    action->setShortcuts(shortcuts);
    if (icon) action->setIcon(themeIcon(QLatin1String(icon)));
    // A menu has one place for both, and whether it is on says more.
    connect(action, &QAction::checkableChanged, action,
            [action](bool checkable) { action->setIconVisibleInMenu(!checkable); });
    QString tip = toolTip.isEmpty() ? QString(text).remove(QLatin1Char('&')) : toolTip;
    if (!shortcuts.isEmpty()) {
        tip += QStringLiteral(" (%1)").arg(shortcuts.front().toString(QKeySequence::NativeText));
    }
    action->setToolTip(tip);
    window_->addAction(action);
    return action;
}

QList<QAction*> ActionSet::every() const {
    return findChildren<QAction*>(Qt::FindDirectChildrenOnly);
}

}  // namespace dinoscope
