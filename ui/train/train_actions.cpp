#include "ui/train/train_actions.h"

#include <QAction>
#include <QMenu>

namespace dinoscope {

TrainActions::TrainActions(QWidget* window) : ActionSet(window) {
    makeViewActions();
}

void TrainActions::makeViewActions() {
    setUp = add("actionSetUp", tr("&Set up"), QStringLiteral("Ctrl+1"), tr("Choose images and options"));
    watch = add("actionWatch", tr("&Watch"), QStringLiteral("Ctrl+2"), tr("The curves of the run"));
    learn = add("actionLearn", tr("See it &learn"), QStringLiteral("Ctrl+3"),
                tr("Attention over pinned images, epoch by epoch"));
    runs = add("actionRuns", tr("&Runs"), QStringLiteral("Ctrl+4"), tr("Past and present runs, compared"));
    for (QAction* page : {setUp, watch, learn, runs})
        page->setCheckable(true);
}

void TrainActions::setPage(TrainPage page) {
    setUp->setChecked(page == TrainPage::SetUp);
    watch->setChecked(page == TrainPage::Watch);
    learn->setChecked(page == TrainPage::Learn);
    runs->setChecked(page == TrainPage::Runs);
}

void TrainActions::fillViewMenu(QMenu& menu) const {
    for (QAction* page : {setUp, watch, learn, runs})
        menu.addAction(page);
}

}  // namespace dinoscope
