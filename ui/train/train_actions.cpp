#include "ui/train/train_actions.h"

#include <QAction>
#include <QMenu>

namespace dinoscope {

TrainActions::TrainActions(QWidget* window) : ActionSet(window) {
    makeViewActions();
    makeRunActions();
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

void TrainActions::makeRunActions() {
    start = add("actionStartTraining", tr("&Start training"), QStringLiteral("Ctrl+Return"), {}, "play");
    pause = add("actionPauseTraining", tr("&Pause"), QStringLiteral("Ctrl+P"),
                tr("Let the machine rest; nothing is lost"), "pause");
    resume = add("actionResumeTraining", tr("&Go on"), QStringLiteral("Ctrl+Shift+P"),
                 tr("Go on after the pause"), "play");
    stop = add("actionStopTraining", tr("S&top"), {}, tr("Write a checkpoint and end the run"), "stop");
    save = add("actionSaveCheckpoint", tr("Save &checkpoint"), QStringLiteral("Ctrl+S"),
               tr("Write a checkpoint after the next step"));
    goOn = add("actionGoOn", tr("&Continue the run"), {}, tr("From its last checkpoint"), "play");
    extend = add("actionExtend", tr("&Extend…"), {}, tr("Train a finished run for more epochs"), "add");
    openRun = add("actionOpenRun", tr("&Open run…"), QStringLiteral("Ctrl+R"),
                  tr("A run folder, from here or another machine"), "folder");
    explore = add("actionExploreTeacher", tr("E&xplore with it"), QStringLiteral("Ctrl+E"),
                  tr("Use the teacher as it is now in Explore and Neighbours"), "model");
    likeThis = add("actionLikeThis", tr("New run &like this…"), {}, tr("Set up a run with the same options"));
    startFrom = add("actionStartFrom", tr("New run from its &weights…"), {},
                    tr("Set up a run that starts from this one's checkpoint"));
    reveal = add("actionRevealRun", tr("Show in the &file manager"), {}, {}, "folder");
}

void TrainActions::setPage(TrainPage page) {
    setUp->setChecked(page == TrainPage::SetUp);
    watch->setChecked(page == TrainPage::Watch);
    learn->setChecked(page == TrainPage::Learn);
    runs->setChecked(page == TrainPage::Runs);
}

void TrainActions::setEnabled(const TrainControls& controls) {
    const std::pair<QAction*, bool> all[] = {
        {start, controls.start},         {pause, controls.pause},     {resume, controls.resume},
        {stop, controls.stop},           {save, controls.save},       {goOn, controls.goOn},
        {extend, controls.extend},       {explore, controls.explore}, {likeThis, controls.likeThis},
        {startFrom, controls.startFrom}, {reveal, controls.reveal}};
    for (const auto& [action, enabled] : all)
        action->setEnabled(enabled);
}

void TrainActions::fillViewMenu(QMenu& menu) const {
    for (QAction* page : {setUp, watch, learn, runs})
        menu.addAction(page);
}

void TrainActions::fillRunMenu(QMenu& menu) const {
    for (QAction* action : {start, pause, resume, stop, save})
        menu.addAction(action);
    menu.addSeparator();
    for (QAction* action : {goOn, extend, likeThis, startFrom})
        menu.addAction(action);
    menu.addSeparator();
    menu.addAction(explore);
    menu.addAction(reveal);
}

}  // namespace dinoscope
