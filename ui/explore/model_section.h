#pragma once

#include "engine/api/model.h"
#include "ui/widgets/section.h"

class QComboBox;
class QFormLayout;
class QLabel;
class QPushButton;
class QSpinBox;

namespace dinoscope {

/// What is known of the model, and how to read a file that leaves a choice.
class ModelSection : public Section {
    Q_OBJECT

public:
    explicit ModelSection(QWidget* parent = nullptr);

    void setModel(const api::ModelInfo& info, std::int64_t bytes);
    /// The source asked for last, accepted or not: "Load again" starts from it.
    void setSource(const api::ModelSource& source);

Q_SIGNALS:
    void openRequested();
    void hashRequested();
    void reloadRequested(const dinoscope::api::ModelSource& source);

private:
    QLabel* addLabel(const QString& name, const QString& toolTip);
    void addRow(const QString& name, const QString& value, const QString& toolTip = {});
    /// With more lines in the tool tip.
    void addList(const QString& name, const QString& value, const QStringList& lines);
    void addHash(const std::string& hash);
    void addOrigin(const api::ModelInfo& info);
    void addNetwork(const api::ModelInfo& info, std::int64_t bytes);
    void addContents(const api::ModelInfo& info);
    void makeChoices();

    api::ModelSource source_;
    QLabel* title_;
    QWidget* facts_;
    QFormLayout* rows_;
    Section* choices_;
    QComboBox* key_;
    QComboBox* architecture_;
    QSpinBox* patch_;
    QSpinBox* heads_;
    QPushButton* reload_;
};

}  // namespace dinoscope
