#include "ui/neighbours/neighbours_actions.h"

#include <QAction>
#include <QMenu>
#include <QSignalBlocker>

#include "ui/theme.h"

namespace dinoscope {

NeighboursActions::NeighboursActions(QWidget* window) : ActionSet(window) {
    makeGalleryActions();
    makeItemActions();
    makeViewActions();
}

void NeighboursActions::makeGalleryActions() {
    openGallery = add("actionOpenGallery", tr("Open &gallery…"), QStringLiteral("Ctrl+G"),
                      tr("Open the features of a folder that were computed before"), "gallery");
    build = add("actionBuildGallery", tr("&Build a gallery…"), QStringLiteral("Ctrl+B"),
                tr("Compute the features of a folder of pictures"), "add");
    update = add("actionUpdateGallery", tr("Bring &up to date"), QStringLiteral("F5"),
                 tr("Compute what is new or changed in the folder, mark what vanished"), "refresh");
    relocate = add("actionRelocate", tr("The pictures have &moved…"), {},
                   tr("Say where the pictures of this gallery are now"));
    forgetMissing = add("actionForgetMissing", tr("&Forget missing pictures…"), {},
                        tr("Forget those whose files are gone, with the folders they were in"));
    pause = add("actionPauseBuild", tr("&Pause building"), QStringLiteral("Ctrl+P"), {}, "pause");
    pause->setCheckable(true);
    stop = add("actionStopBuild", tr("&Stop building"), {}, tr("What was computed is kept"), "stop");
    findDuplicates = add("actionFindDuplicates", tr("Find near &duplicates"), QStringLiteral("Ctrl+D"),
                         tr("Compare all pictures with all"), "duplicates");
    chooseWeights = add("actionChooseWeights", tr("Choose the &weights…"), QStringLiteral("Ctrl+W"),
                        tr("Compute queries with the weights of this file"), "model");
    cancel = add("actionCancelNeighbours", tr("&Cancel"), QStringLiteral("Ctrl+."), {});
}

void NeighboursActions::makeItemActions() {
    back = add("actionBack", tr("&Back"), QStringLiteral("Alt+Left; Back"), {}, "back");
    forward = add("actionForward", tr("&Forward"), QStringLiteral("Alt+Right; Forward"), {}, "forward");
    overview = add("actionOverview", tr("The &whole gallery"), QStringLiteral("Esc"),
                   tr("Ask for nothing: show the whole gallery"), "grid");
    ask = add("actionAskItem", tr("What looks like &this"), QStringLiteral("N"),
              tr("Look for what is similar to the selected picture"), "search");
    openInExplore = add("actionOpenInExplore", tr("Open in &Explore"), QStringLiteral("E"),
                        tr("Open the selected picture in Explore, and the query beside it"), "image");
    reveal = add("actionReveal", tr("Show in the &file manager"), QStringLiteral("Ctrl+R"), {}, "folder");
    copyPath = add("actionCopyPath", tr("&Copy path"), QStringLiteral("Ctrl+C"),
                   tr("Copy the paths of the selected pictures"), "copy");
    exportList = add("actionExportList", tr("&Export the list…"), QStringLiteral("Ctrl+E"),
                     tr("Write the results as CSV or JSON"), "export");
    contactSheet = add("actionContactSheet", tr("Export a contact &sheet…"), QStringLiteral("Ctrl+Shift+E"),
                       tr("Write the query and its first results as one picture"), "sheet");
}

void NeighboursActions::makeViewActions() {
    browse = add("actionBrowse", tr("&Browse"), QStringLiteral("Ctrl+1"), {});
    duplicates = add("actionDuplicates", tr("Near &duplicates"), QStringLiteral("Ctrl+2"), {});
    evaluate = add("actionEvaluate", tr("&Evaluate"), QStringLiteral("Ctrl+3"), {});
    for (QAction* page : {browse, duplicates, evaluate})
        page->setCheckable(true);
    larger = add("actionLarger", tr("&Larger pictures"), QStringLiteral("Ctrl++; Ctrl+="), {}, "zoom-in");
    smaller = add("actionSmaller", tr("&Smaller pictures"), QStringLiteral("Ctrl+-"), {}, "zoom-out");
    column = add("actionColumn", tr("&Query and result, large"), QStringLiteral("Ctrl+H"), {}, "columns");
    attention = add("actionPairAttention", tr("&Attention over query and result"), QStringLiteral("A"),
                    tr("Lay the same head's attention over the query and the result"));
    attention->setIconText(tr("Attention"));
    attention->setCheckable(true);
    panel = add("actionNeighboursPanel", tr("Side &panel"), QStringLiteral("F9"), {}, "panel");
    for (QAction* shown : {column, panel}) {
        shown->setCheckable(true);
        shown->setChecked(true);
    }
}

void NeighboursActions::setControls(const NeighboursControls& controls) {
    openGallery->setEnabled(controls.openGallery);
    build->setEnabled(controls.build);
    update->setEnabled(controls.update);
    relocate->setEnabled(controls.relocate);
    forgetMissing->setEnabled(controls.update);
    pause->setEnabled(controls.pause || controls.resume);
    {
        const QSignalBlocker quiet(pause);
        pause->setChecked(controls.resume);
    }
    if (pause->isChecked() != goingOn_) {
        goingOn_ = pause->isChecked();
        pause->setText(controls.resume ? tr("&Go on building") : tr("&Pause building"));
        pause->setIcon(themeIcon(controls.resume ? QStringLiteral("play") : QStringLiteral("pause")));
    }
    stop->setEnabled(controls.stop);
    back->setEnabled(controls.back);
    forward->setEnabled(controls.forward);
    overview->setEnabled(controls.overview);
    ask->setEnabled(controls.ask);
    openInExplore->setEnabled(controls.openInExplore);
    reveal->setEnabled(controls.reveal);
    copyPath->setEnabled(controls.copyPath);
    exportList->setEnabled(controls.exportResults);
    contactSheet->setEnabled(controls.exportResults);
    findDuplicates->setEnabled(controls.findDuplicates);
    cancel->setEnabled(controls.cancel);
    column->setEnabled(controls.column);
    attention->setEnabled(controls.attention);
    panel->setEnabled(controls.panel);
}

void NeighboursActions::setPage(NeighboursPage page) {
    browse->setChecked(page == NeighboursPage::Browse);
    duplicates->setChecked(page == NeighboursPage::Duplicates);
    evaluate->setChecked(page == NeighboursPage::Evaluate);
}

void NeighboursActions::fillGalleryMenu(QMenu& menu) const {
    menu.addAction(build);
    menu.addAction(update);
    menu.addAction(pause);
    menu.addAction(stop);
    menu.addSeparator();
    menu.addAction(relocate);
    menu.addAction(forgetMissing);
    menu.addAction(chooseWeights);
    menu.addSeparator();
    menu.addAction(findDuplicates);
    menu.addSeparator();
    menu.addAction(cancel);
}

void NeighboursActions::fillItemMenu(QMenu& menu) const {
    menu.addAction(ask);
    menu.addAction(openInExplore);
    menu.addSeparator();
    menu.addAction(reveal);
    menu.addAction(copyPath);
}

void NeighboursActions::fillViewMenu(QMenu& menu) const {
    menu.addAction(browse);
    menu.addAction(duplicates);
    menu.addAction(evaluate);
    menu.addSeparator();
    menu.addAction(back);
    menu.addAction(forward);
    menu.addAction(overview);
    menu.addSeparator();
    menu.addAction(larger);
    menu.addAction(smaller);
    menu.addAction(column);
    menu.addAction(attention);
    menu.addAction(panel);
}

}  // namespace dinoscope
