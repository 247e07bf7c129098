#include "ui/bridge/option_form.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSet>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/bridge/option_field.h"
#include "ui/theme.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/section.h"
#include "ui/widgets/side_panel.h"

namespace dinoscope {

OptionForm::OptionForm(const OptionSchema& schema, const std::vector<Group>& groups, Dialogs& dialogs,
                       QWidget* parent)
    : QWidget(parent) {
    search_ = new QLineEdit;
    search_->setObjectName(QStringLiteral("optionSearch"));
    search_->setPlaceholderText(tr("Find an option"));
    search_->setAccessibleName(tr("Find an option"));
    search_->setClearButtonEnabled(true);
    search_->addAction(themeIcon(QStringLiteral("search")), QLineEdit::LeadingPosition);
    connect(search_, &QLineEdit::textChanged, this, &OptionForm::filter);
    expert_ = new QToolButton;
    expert_->setObjectName(QStringLiteral("optionExpert"));
    expert_->setText(tr("Expert"));
    expert_->setCheckable(true);
    expert_->setProperty("look", "segment");
    expert_->setToolTip(tr("Show every option"));
    expert_->setFocusPolicy(Qt::StrongFocus);
    connect(expert_, &QToolButton::toggled, this, &OptionForm::filter);
    panel_ = new SidePanel;
    panel_->setObjectName(QStringLiteral("panel"));
    nothing_ = new QLabel(tr("No option is called so."));
    nothing_->setProperty("look", "muted");
    nothing_->setAlignment(Qt::AlignCenter);
    nothing_->setContentsMargins(0, 2 * kStep, 0, 2 * kStep);
    auto* top = new QHBoxLayout;
    top->setContentsMargins(kStep, kStep, kStep, kStep);
    top->setSpacing(kStep);
    top->addWidget(search_, 1);
    top->addWidget(expert_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(top);
    column->addWidget(nothing_);
    column->addWidget(panel_, 1);
    for (const Group& group : groups)
        addGroup(schema, group, dialogs);
    filter();
}

void OptionForm::addGroup(const OptionSchema& schema, const Group& group, Dialogs& dialogs) {
    auto* section = new Section(group.title);
    for (const std::string& key : group.keys) {
        const OptionSpec* spec = schema.find(key);
        if (!spec) continue;
        auto* field = new OptionField(*spec, dialogs);
        const QString name = QString::fromStdString(key);
        connect(field, &OptionField::edited, this,
                [this, name](const OptionValue& value) { Q_EMIT edited(name, value); });
        connect(field, &OptionField::refused, this,
                [this, name](const QString& sentence) { Q_EMIT refused(name, sentence); });
        connect(field, &OptionField::resetRequested, this, [this, name] { Q_EMIT resetRequested(name); });
        section->body()->addWidget(field);
        fields_.insert(name, field);
        sectionOf_.insert(name, section);
    }
    sections_ << section;
    panel_->addSection(section);
}

void OptionForm::setValues(const OptionValues& values, const OptionValues& base,
                           const std::function<bool(const std::string&)>& differs,
                           const std::function<bool(const std::string&)>& keeps) {
    for (OptionField* field : fields_) {
        const std::string& key = field->spec().key;
        if (keeps(key)) {
            field->keepText(base.value(key));
        } else {
            field->setValue(values.value(key), base.value(key), differs(key));
        }
    }
    filter();
}

void OptionForm::setProblems(const QHash<QString, QString>& problems) {
    for (auto field = fields_.cbegin(); field != fields_.cend(); ++field)
        field.value()->setProblem(problems.value(field.key()));
    filter();
}

bool OptionForm::isExpert() const {
    return expert_->isChecked();
}

void OptionForm::setExpert(bool expert) {
    expert_->setChecked(expert);
}

/// A search looks everywhere; what was pointed to, and what is wrong, stays in sight.
void OptionForm::filter() {
    const QStringList words = search_->text().simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    QSet<Section*> used;
    for (auto entry = fields_.cbegin(); entry != fields_.cend(); ++entry) {
        OptionField* field = entry.value();
        const bool level = isExpert() || field->spec().level == OptionLevel::Basic || !words.isEmpty() ||
                           entry.key() == pointed_ || field->hasProblem();
        field->setRangeShown(isExpert());
        const bool shown = level && field->matches(words);
        field->setVisible(shown);
        if (shown) used << sectionOf_.value(entry.key());
    }
    for (Section* section : sections_) {
        section->setVisible(used.contains(section));
        if (!words.isEmpty()) section->setOpen(true);
    }
    nothing_->setVisible(used.isEmpty());
}

void OptionForm::point(const QString& key) {
    OptionField* field = fields_.value(key);
    if (!field) return;
    pointed_ = key;
    search_->clear();
    filter();
    sectionOf_.value(key)->setOpen(true);
    for (OptionField* each : fields_)
        each->setHighlighted(each == field);
    // Where it lies is known once it is laid out.
    QTimer::singleShot(0, field, [this, field] {
        panel_->ensureWidgetVisible(field, 0, 2 * kStep);
        field->focusEditor();
    });
}

}  // namespace dinoscope
