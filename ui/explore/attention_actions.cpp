#include "ui/explore/attention_actions.h"

#include <QAction>
#include <QMenu>

namespace dinoscope {

namespace {

constexpr int kDigits = 10;

}  // namespace

AttentionActions::AttentionActions(const char* prefix, QWidget* window) : ActionSet(window), prefix_(prefix) {
    makeFileActions();
    makeHeadActions();
    makeViewActions();
}

QAction* AttentionActions::addNamed(const QByteArray& name, const QString& text, const QString& keys,
                                    const QString& toolTip, const char* icon) {
    return add((prefix_ + name).constData(), text, keys, toolTip, icon);
}

void AttentionActions::makeFileActions() {
    copyPicture = addNamed("CopyPicture", tr("&Copy picture as seen"), QStringLiteral("Ctrl+C"), {}, "copy");
    copyCommand = addNamed("CopyCommand", tr("Copy as co&mmand"), QStringLiteral("Ctrl+Shift+C"),
                           tr("Copy the command line that writes the pictures of this view"), "command");
    exportFiles = addNamed("Export", tr("&Export…"), QStringLiteral("Ctrl+E"),
                           tr("Write this view, every head or the raw values into files"), "export");
    previous = addNamed("Previous", tr("&Previous picture"), QStringLiteral("PgUp"), {});
    next = addNamed("Next", tr("&Next picture"), QStringLiteral("PgDown"), {});
    compute = addNamed("Compute", tr("Com&pute attention"), QStringLiteral("F5"), {});
    cancel = addNamed("Cancel", tr("&Stop what is running"), QStringLiteral("Ctrl+."), {});
}

void AttentionActions::makeHeadActions() {
    mean = addNamed("Mean", tr("&Mean of all heads"), QStringLiteral("M"), {});
    all = addNamed("All", tr("&All heads, a hue each"), QStringLiteral("A"), {});
    for (int i = 0; i < int(head.size()); ++i) {
        const bool shifted = i >= kDigits;
        const QString key = QString::number(i % kDigits);
        head[std::size_t(i)] =
            addNamed("Head" + QByteArray::number(i), (shifted ? tr("Head %1") : tr("Head &%1")).arg(i),
                     shifted ? QStringLiteral("Shift+") + key : key, {});
    }
    connect(mean, &QAction::triggered, this, [this] { Q_EMIT tileChosen(kMeanTile); });
    connect(all, &QAction::triggered, this, [this] { Q_EMIT tileChosen(kAllTile); });
    for (int i = 0; i < int(head.size()); ++i) {
        connect(head[std::size_t(i)], &QAction::triggered, this,
                [this, i] { Q_EMIT tileChosen(kFirstHeadTile + i); });
    }
    previousHead = addNamed("PreviousHead", tr("&Previous head"), QStringLiteral("["), {});
    nextHead = addNamed("NextHead", tr("&Next head"), QStringLiteral("]"), {});
    cls = addNamed("Cls", tr("Ask from [&CLS]"), QStringLiteral("Esc"), {});
    follow = addNamed("Follow", tr("Ask from the patch under the &mouse"), QStringLiteral("Q"), {});
    follow->setCheckable(true);
    mask = addNamed("Mask", tr("&Keep only the strongest patches"), QStringLiteral("K"), {});
    mask->setCheckable(true);
}

void AttentionActions::makeViewActions() {
    strip = addNamed("Strip", tr("&Strip of heads"), QStringLiteral("Ctrl+H"), {}, "strip");
    panel = addNamed("Panel", tr("Side &panel"), QStringLiteral("F9"), {}, "panel");
    for (QAction* shown : {strip, panel}) {
        shown->setCheckable(true);
        shown->setChecked(true);
    }
    zoomIn = addNamed("ZoomIn", tr("Zoom &in"), QStringLiteral("+; =; Ctrl++; Ctrl+="), {}, "zoom-in");
    zoomOut = addNamed("ZoomOut", tr("Zoom &out"), QStringLiteral("-; Ctrl+-"), {}, "zoom-out");
    zoomFit = addNamed("ZoomFit", tr("&Fit the picture"), QStringLiteral("F; Ctrl+0"), {}, "fit");
    zoomOne = addNamed("ZoomOne", tr("&Pixel for pixel"), QStringLiteral("Ctrl+1"),
                       tr("One pixel of the picture on one of the screen"));
    zoomOne->setIconText(tr("1:1"));
}

void AttentionActions::setControls(const ExploreControls& controls, int heads) {
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
    cls->setEnabled(controls.query);
    follow->setEnabled(controls.query);
    mask->setEnabled(controls.appearance);
    for (QAction* action : {zoomIn, zoomOut, zoomFit, zoomOne})
        action->setEnabled(controls.zoom);
}

void AttentionActions::fillHeadsMenu(QMenu& menu) const {
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

void AttentionActions::fillZoomMenu(QMenu& menu) const {
    menu.addAction(zoomIn);
    menu.addAction(zoomOut);
    menu.addAction(zoomFit);
    menu.addAction(zoomOne);
}

}  // namespace dinoscope
