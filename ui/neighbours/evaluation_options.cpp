#include "ui/neighbours/evaluation_options.h"

#include <QVBoxLayout>

#include "engine/api/evaluate.h"
#include "ui/bridge/option_field.h"

namespace dinoscope {

namespace {

/// In the form's order; what both kinds know comes last.
const char* const kKeys[] = {"neighbours",         "temperature", "method", "n-last-blocks",
                             "average-pool",       "penalty",     "epochs", "lr",
                             "batch-size-per-gpu", "resize",      "crop"};

bool isOfLbfgs(const std::string& key) {
    return key == "penalty";
}

bool isOfSgd(const std::string& key) {
    return key == "epochs" || key == "lr" || key == "batch-size-per-gpu";
}

bool matters(const OptionValues& values, const std::string& key) {
    if (!values.schema().find(key)) return false;
    if (isOfLbfgs(key)) return values.text("method") == "lbfgs";
    return !isOfSgd(key) || values.text("method") == "sgd";
}

}  // namespace

EvaluationOptions::EvaluationOptions(Dialogs& dialogs, QWidget* parent)
    : Section(tr("More"), parent), knn_(api::knnOptions()), linear_(api::linearOptions()) {
    setObjectName(QStringLiteral("evaluateMore"));
    for (const char* key : kKeys)
        makeField(key, dialogs);
    setOpen(false);
    refresh();
}

void EvaluationOptions::makeField(const std::string& key, Dialogs& dialogs) {
    const OptionSpec* spec = api::knnOptions().find(key);
    if (!spec) spec = api::linearOptions().find(key);
    if (!spec) return;
    auto* field = new OptionField(*spec, dialogs);
    connect(field, &OptionField::edited, this, [this, key](const OptionValue& value) { take(key, value); });
    connect(field, &OptionField::resetRequested, this, [this, key] { reset(key); });
    body()->addWidget(field);
    fields_ << field;
}

void EvaluationOptions::setLinear(bool linear) {
    isLinear_ = linear;
    refresh();
}

/// What both kinds know is chosen for both.
void EvaluationOptions::take(const std::string& key, const OptionValue& value) {
    for (OptionValues* each : {&knn_, &linear_}) {
        if (each->schema().find(key)) each->set(key, value);
    }
    refresh();
}

void EvaluationOptions::reset(const std::string& key) {
    for (OptionValues* each : {&knn_, &linear_}) {
        if (each->schema().find(key)) each->reset(key);
    }
    refresh();
}

void EvaluationOptions::refresh() {
    for (OptionField* field : fields_) {
        const std::string& key = field->spec().key;
        const bool shown = matters(values(), key);
        field->setVisible(shown);
        if (shown) {
            field->setValue(values().value(key), field->spec().defaultValue, !values().isDefault(key));
        }
    }
    Q_EMIT changed();
}

}  // namespace dinoscope
