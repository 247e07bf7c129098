#pragma once

#include <QString>

class QAction;
class QDialog;
class QDialogButtonBox;
class QPushButton;
class QTableView;
class QToolButton;

// Qt's own widgets as this program uses them.
namespace dinoscope {

/// One of a row of buttons of which one is down.
QToolButton* makeSegment(const QString& text, const QString& name);

/// The icon of an action, in a bar.
QToolButton* makeActionButton(QAction& action);
/// The words of an action that is one of a few, in a bar.
QToolButton* makeSwitch(QAction& action, const char* name);

/// Whole rows, no grid, no numbers of rows; nothing in it is edited.
void prepareTable(QTableView& view);

/// Buttons at the foot of a dialog.
struct DialogButtons {
    QDialogButtonBox* box;
    QPushButton* accept;  ///< the primary one, which accepts the dialog; the other is Cancel
};
DialogButtons makeDialogButtons(QDialog& dialog, const QString& accept, const QString& name);

}  // namespace dinoscope
