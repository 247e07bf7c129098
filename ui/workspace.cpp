#include "ui/workspace.h"

#include <QAction>
#include <QActionGroup>

namespace dinoscope {

Workspace::Workspace(QWidget* parent) : QWidget(parent), actions_(new QActionGroup(this)) {
    actions_->setExclusionPolicy(QActionGroup::ExclusionPolicy::None);
    actions_->setEnabled(false);
}

void Workspace::setActive(bool active) {
    actions_->setEnabled(active);
}

bool Workspace::isActive() const {
    return actions_->isEnabled();
}

void Workspace::openFolders(const QStringList& folders, const QStringList& pictures) {
    openFolder(folders.front());
    if (!pictures.isEmpty()) openPictures(pictures);
    if (folders.size() == 1) return;
    tellError(tr("One folder at a time here: of %1 the first counts.").arg(folders.size()));
}

void Workspace::setStatus(const QString& text) {
    status_ = text;
    Q_EMIT statusChanged(text);
}

void Workspace::setDocumentName(const QString& name) {
    document_ = name;
    Q_EMIT documentChanged(name);
}

void Workspace::setPlacement(const QString& text, const QString& description) {
    if (text == placement_ && description == placementDescription_) return;
    placement_ = text;
    placementDescription_ = description;
    Q_EMIT placementChanged();
}

void Workspace::own(const QList<QAction*>& actions) {
    for (QAction* action : actions)
        actions_->addAction(action);
}

}  // namespace dinoscope
