#pragma once

#include <QList>
#include <string>

#include "engine/api/core.h"
#include "ui/widgets/section.h"

namespace dinoscope {

class Dialogs;
class OptionField;

/// How to evaluate where the reference's way is not wanted: values of k and the temperature of k-NN, method
/// and layers of a linear probe, the crop of both; fields of the options' records. Folds, at first folded.
class EvaluationOptions : public Section {
    Q_OBJECT

public:
    explicit EvaluationOptions(Dialogs& dialogs, QWidget* parent = nullptr);

    /// Shows the fields of a kind.
    void setLinear(bool linear);
    /// Of this kind: api::knnOptions() or api::linearOptions() with what was chosen.
    const OptionValues& values() const { return isLinear_ ? linear_ : knn_; }

Q_SIGNALS:
    void changed();

private:
    void makeField(const std::string& key, Dialogs& dialogs);
    void take(const std::string& key, const OptionValue& value);
    void reset(const std::string& key);
    void refresh();

    OptionValues knn_;
    OptionValues linear_;
    bool isLinear_ = false;
    QList<OptionField*> fields_;
};

}  // namespace dinoscope
