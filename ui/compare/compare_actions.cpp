#include "ui/compare/compare_actions.h"

#include <QAction>

namespace dinoscope {

CompareActions::CompareActions(QWidget* window) : AttentionActions("compare", window) {
    addModel = addNamed("AddModel", tr("A&dd a model"), QStringLiteral("Ctrl+N"),
                        tr("One more model beside these"), "add");
    const auto tip = [](QAction& action, const QString& text) {
        action.setToolTip(
            QStringLiteral("%1 (%2)").arg(text, action.shortcut().toString(QKeySequence::NativeText)));
    };
    copyPicture->setText(tr("&Copy as one picture"));
    tip(*copyPicture, tr("Copy the picture and what each model makes of it, side by side"));
    copyCommand->setText(tr("Copy as co&mmands"));
    tip(*copyCommand, tr("Copy the command lines that write the pictures of each model"));
    exportFiles->setText(tr("Save as one &picture…"));
    tip(*exportFiles, tr("Write the picture and what each model makes of it, side by side, into a file"));
}

void CompareActions::setControls(const ExploreControls& controls, int heads, bool room) {
    AttentionActions::setControls(controls, heads);
    addModel->setEnabled(room);
}

}  // namespace dinoscope
