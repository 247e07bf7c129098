#pragma once

#include <QWidget>

#include "ui/neighbours/evaluation_store.h"
#include "ui/neighbours/neighbours_session.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QSettings;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace dinoscope {

class ClassTable;
class ConfusionView;
class Dialogs;
class EvaluationTable;

/// Measures a model as papers do: weighted k-NN and a linear probe, over folders of classes. What came of it
/// is kept in a table by model.
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
    /// `goOn` evaluates again, with that number of heads.
    void headsUnknown(const dinoscope::UnknownHeads& unknown, const std::function<void(int heads)>& goOn);

private:
    QWidget* makeForm();
    QWidget* makeResults();
    QWidget* makeDetails();
    void makeClassView();
    /// A field with a button that `choose` answers.
    QWidget* makeField(QLineEdit* field, const QString& title,
                       void (EvaluatePage::*choose)(QLineEdit* field, const QString& title));
    void chooseFolder(QLineEdit* field, const QString& title);
    void chooseWeights(QLineEdit* field, const QString& title);
    void chooseKind(bool linear);
    void start();
    void evaluate(const api::ModelSource& model);
    void keep(EvaluationRecord record);
    void load();
    void write();
    void showTable(int selected);
    void showDetails();
    void showForm();
    void removeSelected();
    void exportDetails();
    const EvaluationRecord* selected() const;
    api::ModelSource wantedModel() const;

    NeighboursSession& session_;
    Dialogs& dialogs_;
    QSettings& settings_;
    EvaluationStore store_;
    QString file_;
    api::ModelSource offered_;
    bool linear_ = false;
    bool detailLinear_ = false;
    bool running_ = false;
    bool allowed_ = true;

    QLineEdit* train_;
    QLineEdit* val_;
    QLineEdit* weights_;
    QToolButton* kindKnn_;
    QToolButton* kindLinear_;
    QLabel* hint_;
    QPushButton* start_;
    EvaluationTable* table_;
    QTableView* tableView_;
    QStackedWidget* stack_;
    QLabel* detailTitle_;
    QToolButton* detailKnn_;
    QToolButton* detailOfLinear_;
    QToolButton* export_;
    QToolButton* remove_;
    ClassTable* classes_;
    QTableView* classView_;
    ConfusionView* confusion_;
};

}  // namespace dinoscope
