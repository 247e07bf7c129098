#pragma once

#include <QWidget>

#include "ui/neighbours/evaluation_store.h"
#include "ui/neighbours/neighbours_session.h"

class QLabel;
class QSettings;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace dinoscope {

class ClassTable;
class ConfusionView;
class Dialogs;
class EvaluateForm;
class EvaluationTable;

/// Measures a model as papers do: weighted k-NN and a linear probe, over folders of classes. What came of it
/// is kept in a table by model and way.
class EvaluatePage : public QWidget {
    Q_OBJECT

public:
    EvaluatePage(NeighboursSession& session, Dialogs& dialogs, QSettings& settings,
                 QWidget* parent = nullptr);

    /// The model to offer.
    void setModel(const api::ModelSource& source);
    void setControls(const NeighboursControls& controls);
    bool isRunning() const { return running_; }
    bool isSettled() const { return true; }  // its jobs are the session's
    QString statusText() const;

Q_SIGNALS:
    void stateChanged();
    void activityChanged();
    void failed(const QString& sentence);
    /// What came of something that was asked for.
    void told(const QString& sentence);
    /// `goOn` evaluates again, with that number of heads.
    void headsUnknown(const dinoscope::UnknownHeads& unknown, const std::function<void(int heads)>& goOn);

private:
    QWidget* makeResults();
    QWidget* makeDetails();
    void makeDetailHead();
    void makeClassView();
    void setRunning(bool running);
    void start();
    void evaluate(const api::ModelSource& model);
    void compute(const OptionValues& options, bool linear, const api::ModelSource& model);
    void keep(EvaluationRecord record);
    void load();
    void write();
    void showTable(int selected);
    void showDetails();
    void showNotes(const EvaluationRecord* record);
    void removeSelected();
    void exportDetails();
    const EvaluationRecord* selected() const;

    NeighboursSession& session_;
    Dialogs& dialogs_;
    EvaluationStore store_;
    QString file_;
    bool detailLinear_ = false;
    bool running_ = false;

    EvaluateForm* form_;
    EvaluationTable* table_;
    QTableView* tableView_;
    QStackedWidget* stack_;
    QLabel* detailTitle_;
    QLabel* detailNotes_;
    QToolButton* detailKnn_;
    QToolButton* detailOfLinear_;
    QToolButton* export_;
    QToolButton* remove_;
    ClassTable* classes_;
    QTableView* classView_;
    ConfusionView* confusion_;
};

}  // namespace dinoscope
