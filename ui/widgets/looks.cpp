#include "ui/widgets/looks.h"

#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>

#include "ui/widgets/metrics.h"

namespace dinoscope {

QToolButton* makeSegment(const QString& text, const QString& name) {
    auto* button = new QToolButton;
    button->setText(text);
    button->setObjectName(name);
    button->setCheckable(true);
    button->setProperty("look", "segment");
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

QToolButton* makeActionButton(QAction& action) {
    auto* button = new QToolButton;
    button->setDefaultAction(&action);
    button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    button->setIconSize({18, 18});
    button->setFocusPolicy(Qt::TabFocus);
    button->setAccessibleName(action.text().remove(QLatin1Char('&')));
    return button;
}

QToolButton* makeSwitch(QAction& action, const char* name) {
    auto* button = new QToolButton;
    button->setDefaultAction(&action);
    button->setObjectName(QLatin1String(name));
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setProperty("look", "switch");
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

void prepareTable(QTableView& view) {
    view.setSelectionBehavior(QAbstractItemView::SelectRows);
    view.setEditTriggers(QAbstractItemView::NoEditTriggers);
    view.setShowGrid(false);
    view.setFrameShape(QFrame::NoFrame);
    view.setTabKeyNavigation(false);
    view.setWordWrap(false);
    view.verticalHeader()->hide();
    view.verticalHeader()->setDefaultSectionSize(view.fontMetrics().height() + kStep);
    view.horizontalHeader()->setHighlightSections(false);
}

DialogButtons makeDialogButtons(QDialog& dialog, const QString& accept, const QString& name) {
    auto* box = new QDialogButtonBox;
    QPushButton* button = box->addButton(accept, QDialogButtonBox::AcceptRole);
    button->setObjectName(name);
    button->setProperty("look", "primary");
    box->addButton(QDialogButtonBox::Cancel);
    QObject::connect(box, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(box, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    return {box, button};
}

}  // namespace dinoscope
