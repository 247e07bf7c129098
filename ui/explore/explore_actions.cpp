#include "ui/explore/explore_actions.h"

#include <QAction>
#include <QMenu>

namespace dinoscope {

namespace {

constexpr int kDigits = 10;

}  // namespace

ExploreActions::ExploreActions(QWidget* window) : ActionSet(window) {
    makeFileActions();
    makeHeadActions();
    makeViewActions();
    makeNeighboursActions();
}

void ExploreActions::makeFileActions() {
    openWeights = add("actionOpenWeights", tr("Open &weights…"), QStringLiteral("Ctrl+W"),
                      tr("Open a model: .pth or .safetensors"), "model");
    copyPicture = add("actionCopyPicture", tr("&Copy picture as seen"), QStringLiteral("Ctrl+C"), {}, "copy");
    copyCommand = add("actionCopyCommand", tr("Copy as co&mmand"), QStringLiteral("Ctrl+Shift+C"),
                      tr("Copy the command line that writes the pictures of this view"), "command");
    exportFiles = add("actionExport", tr("&Export…"), QStringLiteral("Ctrl+E"),
                      tr("Write this view, every head or the raw values into files"), "export");
    previous = add("actionPrevious", tr("&Previous picture"), QStringLiteral("PgUp"), {});
    next = add("actionNext", tr("&Next picture"), QStringLiteral("PgDown"), {});
    compute = add("actionCompute", tr("Com&pute attention"), QStringLiteral("F5"), {});
    cancel = add("actionCancel", tr("&Stop what is running"), QStringLiteral("Ctrl+."), {});
}

void ExploreActions::makeHeadActions() {
    mean = add("actionMean", tr("&Mean of all heads"), QStringLiteral("M"), {});
    all = add("actionAll", tr("&All heads, a hue each"), QStringLiteral("A"), {});
    for (int i = 0; i < int(head.size()); ++i) {
        const QByteArray name = "actionHead" + QByteArray::number(i);
        const bool shifted = i >= kDigits;
        const QString key = QString::number(i % kDigits);
        head[std::size_t(i)] = add(name.constData(), (shifted ? tr("Head %1") : tr("Head &%1")).arg(i),
                                   shifted ? QStringLiteral("Shift+") + key : key, {});
    }
    previousHead = add("actionPreviousHead", tr("&Previous head"), QStringLiteral("["), {});
    nextHead = add("actionNextHead", tr("&Next head"), QStringLiteral("]"), {});
    cls = add("actionCls", tr("Ask from [&CLS]"), QStringLiteral("Esc"), {});
    follow = add("actionFollow", tr("Ask from the patch under the &mouse"), QStringLiteral("Q"), {});
    follow->setCheckable(true);
    mask = add("actionMask", tr("&Keep only the strongest patches"), QStringLiteral("K"), {});
    mask->setCheckable(true);
}

void ExploreActions::makeViewActions() {
    grid = add("actionGrid", tr("All heads in a &grid"), QStringLiteral("G"), {}, "grid");
    grid->setCheckable(true);
    strip = add("actionStrip", tr("&Strip of heads"), QStringLiteral("Ctrl+H"), {}, "strip");
    panel = add("actionPanel", tr("Side &panel"), QStringLiteral("F9"), {}, "panel");
    for (QAction* shown : {strip, panel}) {
        shown->setCheckable(true);
        shown->setChecked(true);
    }
    zoomIn = add("actionZoomIn", tr("Zoom &in"), QStringLiteral("+; =; Ctrl++; Ctrl+="), {}, "zoom-in");
    zoomOut = add("actionZoomOut", tr("Zoom &out"), QStringLiteral("-; Ctrl+-"), {}, "zoom-out");
    zoomFit = add("actionZoomFit", tr("&Fit the picture"), QStringLiteral("F; Ctrl+0"), {}, "fit");
    zoomOne = add("actionZoomOne", tr("&Pixel for pixel"), QStringLiteral("Ctrl+1"),
                  tr("One pixel of the picture on one of the screen"));
    zoomOne->setIconText(tr("1:1"));
}

void ExploreActions::makeNeighboursActions() {
    neighbours = add("actionNeighbours", tr("What looks like this &picture"), QStringLiteral("N"),
                     tr("Look in the gallery for what is similar to this picture"), "search");
    neighboursOfPart = add("actionNeighboursOfPart", tr("What looks like a pa&rt…"), QStringLiteral("R"),
                           tr("Drag a rectangle: the gallery is searched for what looks like it"), "region");
    neighboursOfPart->setCheckable(true);
    neighboursOfMask =
        add("actionNeighboursOfMask", tr("What looks like the mas&k"), QStringLiteral("Shift+N"),
            tr("Look in the gallery for what is similar to the patches that the mask keeps"));
}

void ExploreActions::setControls(const ExploreControls& controls, int heads) {
    copyPicture->setEnabled(controls.copyPicture);
    copyCommand->setEnabled(controls.copyCommand);
    exportFiles->setEnabled(controls.exportFiles);
    previous->setEnabled(controls.previous);
    next->setEnabled(controls.next);
    compute->setEnabled(controls.compute);
    cancel->setEnabled(controls.cancel);
    for (QAction* action : {mean, all, previousHead, nextHead})
        action->setEnabled(controls.heads);
    for (int i = 0; i < int(head.size()); ++i) {
        head[std::size_t(i)]->setEnabled(controls.heads && i < heads);
        head[std::size_t(i)]->setVisible(heads == 0 || i < heads);
    }
    neighbours->setEnabled(controls.neighbours);
    neighboursOfPart->setEnabled(controls.neighbours);
    neighboursOfMask->setEnabled(controls.neighboursOfMask);
    cls->setEnabled(controls.query || neighboursOfPart->isChecked());
    follow->setEnabled(controls.query);
    mask->setEnabled(controls.appearance);
    grid->setEnabled(controls.grid);
    for (QAction* action : {zoomIn, zoomOut, zoomFit, zoomOne})
        action->setEnabled(controls.zoom);
}

void ExploreActions::fillHeadsMenu(QMenu& menu) const {
    menu.addAction(mean);
    menu.addAction(all);
    menu.addSeparator();
    for (QAction* action : head)
        menu.addAction(action);
    menu.addSeparator();
    menu.addAction(previousHead);
    menu.addAction(nextHead);
    menu.addSeparator();
    menu.addAction(cls);
    menu.addAction(follow);
    menu.addAction(mask);
    menu.addSeparator();
    menu.addAction(compute);
    menu.addAction(cancel);
}

void ExploreActions::fillNeighboursMenu(QMenu& menu) const {
    menu.addAction(neighbours);
    menu.addAction(neighboursOfPart);
    menu.addAction(neighboursOfMask);
}

void ExploreActions::fillViewMenu(QMenu& menu) const {
    menu.addAction(zoomIn);
    menu.addAction(zoomOut);
    menu.addAction(zoomFit);
    menu.addAction(zoomOne);
    menu.addSeparator();
    menu.addAction(grid);
    menu.addAction(strip);
    menu.addAction(panel);
}

}  // namespace dinoscope
