#pragma once

#include <QFrame>
#include <QList>

class QAction;
class QLabel;
class QProgressBar;
class QToolButton;

namespace dinoscope {

class ElidedLabel;
class IconLabel;
class RunDriver;

/// How this window's run goes, on every page: where it is, how far, how long it will take, and what can be
/// done about it.
class RunStrip : public QFrame {
    Q_OBJECT

public:
    /// What its buttons do, in this order; pause and go on share a place.
    struct Actions {
        QAction* pause;
        QAction* resume;
        QAction* save;
        QAction* stop;
        QAction* goOn;
        QAction* extend;
        QAction* explore;
    };
    RunStrip(RunDriver& driver, const Actions& actions, QWidget* parent = nullptr);

    void refresh();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QToolButton* addButton(QAction* action);
    void makeButtons();
    void showButtons();
    void fitButtons();
    bool isRoomy() const;
    QString detailText() const;

    RunDriver& driver_;
    Actions actions_;
    QToolButton* pause_;               ///< or go on
    QList<QToolButton*> whileActive_;  ///< in their places as long as the run is
    QList<QToolButton*> afterwards_;   ///< those that can be used once it has ended
    IconLabel* icon_;
    QLabel* phase_;
    ElidedLabel* detail_;
    QProgressBar* bar_;
    QLabel* left_;
};

}  // namespace dinoscope
