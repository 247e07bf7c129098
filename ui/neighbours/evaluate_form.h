#pragma once

#include <QWidget>

#include "engine/api/model.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QSettings;
class QToolButton;

namespace dinoscope {

class Dialogs;
class EvaluationOptions;
class LiveTeacherButton;

/// What to evaluate: two folders of classes, weights, and how (k-NN or linear, and more in a part that
/// folds). Tells what is missing.
class EvaluateForm : public QWidget {
    Q_OBJECT

public:
    /// The folders are those of last time, out of `settings`.
    EvaluateForm(Dialogs& dialogs, QSettings& settings, QWidget* parent = nullptr);

    /// The model to offer.
    void setModel(const api::ModelSource& source);
    /// The run in training, whose teacher is offered too; empty for none.
    void setLiveRun(const QString& run);
    void setAllowed(bool allowed);
    void setRunning(bool running);
    void rememberFolders();

    bool isLinear() const { return linear_; }
    QString trainFolder() const;
    QString valFolder() const;
    api::ModelSource model() const;
    /// api::knnOptions() or api::linearOptions(), with what was chosen of how to evaluate.
    const OptionValues& options() const;

Q_SIGNALS:
    void startWanted();

private:
    using Choose = void (EvaluateForm::*)(QLineEdit* field, const QString& title);

    void makeFields();
    void makeKinds();
    void arrange();
    QWidget* makeUpperPart();
    /// A field with a button that `choose` answers.
    QWidget* makeField(QLineEdit* field, const QString& title, Choose choose);
    void chooseFolder(QLineEdit* field, const QString& title);
    void chooseWeights(QLineEdit* field, const QString& title);
    void chooseKind(bool linear);
    /// A sentence; empty if all is there.
    QString whatIsMissing() const;
    QString whatItDoes() const;
    QString howItMeasures() const;
    void refresh();

    Dialogs& dialogs_;
    QSettings& settings_;
    api::ModelSource offered_;
    bool linear_ = false;
    bool running_ = false;
    bool allowed_ = true;

    QLineEdit* train_;
    QLineEdit* val_;
    QLineEdit* weights_;
    LiveTeacherButton* liveTeacher_;
    QToolButton* kindKnn_;
    QToolButton* kindLinear_;
    QLabel* hint_;
    QPushButton* start_;
    EvaluationOptions* more_;
};

}  // namespace dinoscope
