#include "ui/bridge/option_field.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <limits>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/dialogs.h"
#include "ui/theme.h"
#include "ui/widgets/calm.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kNumberWidth = 132;

QString textOf(const std::string& text) {
    return QString::fromStdString(text);
}

QString capitalised(QString text) {
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    return text;
}

/// A value at its start is written as it is.
QString sentenceFrom(const OptionSpec& spec) {
    const std::string first = spec.help.substr(0, spec.help.find(' '));
    const bool value = std::ranges::find(spec.choices, first) != spec.choices.end();
    return (value ? textOf(spec.help) : capitalised(textOf(spec.help))) + QLatin1Char('.');
}

/// As keys are written, whatever a person is used to: "teacher_temp", "--teacher-temp".
QString dashed(QString text) {
    text.replace(QLatin1Char('_'), QLatin1Char('-'));
    return text;
}

QWidget* inRow(const QList<QWidget*>& widgets) {
    auto* whole = new QWidget;
    auto* row = new QHBoxLayout(whole);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kStep);
    for (QWidget* each : widgets)
        row->addWidget(each);
    return whole;
}

}  // namespace

OptionField::OptionField(const OptionSpec& spec, Dialogs& dialogs, QWidget* parent)
    : QWidget(parent), spec_(spec) {
    setObjectName(QStringLiteral("field-") + textOf(spec.key));
    label_ = new QLabel(textOf(spec.label.empty() ? spec.key : spec.label));
    reset_ = new QToolButton;
    reset_->setObjectName(QStringLiteral("reset-") + textOf(spec.key));
    reset_->setIcon(themeIcon(QStringLiteral("back")));
    reset_->setIconSize({14, 14});
    reset_->setFocusPolicy(Qt::StrongFocus);
    connect(reset_, &QToolButton::clicked, this, &OptionField::resetRequested);
    QSizePolicy keepsRoom = reset_->sizePolicy();
    keepsRoom.setRetainSizeWhenHidden(true);
    reset_->setSizePolicy(keepsRoom);
    auto* help = new QLabel(sentenceFrom(spec));
    help->setWordWrap(true);
    help->setProperty("look", "small");
    problem_ = new QLabel;
    problem_->setObjectName(QStringLiteral("problem-") + textOf(spec.key));
    problem_->setWordWrap(true);
    problem_->setProperty("look", "problem");
    problem_->hide();
    const QString range = textOf(describeRange(spec));
    range_ = new QLabel(range.isEmpty() ? QString() : capitalised(range) + QLatin1Char('.'));
    range_->setObjectName(QStringLiteral("range-") + textOf(spec.key));
    range_->setWordWrap(true);
    range_->setProperty("look", "small");
    range_->hide();

    auto* title = new QHBoxLayout;
    title->setSpacing(kHalfStep);
    title->addWidget(label_);
    title->addStretch(1);
    title->addWidget(reset_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kStep, kHalfStep, kHalfStep, kHalfStep);
    column->setSpacing(2);
    column->addLayout(title);
    column->addWidget(makeEditor(dialogs));
    column->addWidget(problem_);
    column->addWidget(help);
    column->addWidget(range_);
    const QString key = QStringLiteral("--") + textOf(spec.key);
    label_->setToolTip(range.isEmpty() ? key : QStringLiteral("%1\n%2").arg(key, range));
    editor_->setToolTip(capitalised(range));
    editor_->setObjectName(QStringLiteral("option-") + textOf(spec.key));
    label_->setBuddy(editor_);
    // A box says "On" and a list of files "Choose…" of themselves.
    editor_->setAccessibleName(label_->text());
    editor_->setAccessibleDescription(help->text());
}

QWidget* OptionField::makeEditor(Dialogs& dialogs) {
    switch (spec_.type) {
        case OptionType::Flag:
            return makeFlag();
        case OptionType::Integer:
            return makeInteger();
        case OptionType::Choice:
            return makeChoice();
        case OptionType::Path:
            return makePath(dialogs);
        case OptionType::Paths:
            return makePaths(dialogs);
        case OptionType::Real:
        case OptionType::RealPair:
        case OptionType::Text:
            return makeText();
    }
    return makeText();
}

QWidget* OptionField::makeFlag() {
    auto* box = new QCheckBox(tr("On"));
    editor_ = box;
    connect(box, &QCheckBox::toggled, this, [this](bool on) { tell(on); });
    show_ = [box](const OptionValue& value) { box->setChecked(std::get<bool>(value)); };
    return box;
}

QWidget* OptionField::makeInteger() {
    auto* box = calm(new QSpinBox);
    editor_ = box;
    const auto limit = [](const std::optional<double>& bound, int standard) {
        return bound ? int(std::clamp(*bound, -2147483647.0, 2147483647.0)) : standard;
    };
    box->setRange(limit(spec_.minimum, std::numeric_limits<int>::min()),
                  limit(spec_.maximum, std::numeric_limits<int>::max()));
    box->setFixedWidth(kNumberWidth);
    box->setKeyboardTracking(false);
    box->setAccelerated(true);
    connect(box, &QSpinBox::valueChanged, this, [this](int value) { tell(std::int64_t(value)); });
    show_ = [box](const OptionValue& value) {
        box->setValue(int(std::min<std::int64_t>(std::get<std::int64_t>(value), box->maximum())));
    };
    auto* unit = new QLabel(textOf(spec_.unit));
    unit->setProperty("look", "muted");
    auto* whole = inRow({box, unit});
    static_cast<QHBoxLayout*>(whole->layout())->addStretch(1);
    return whole;
}

QWidget* OptionField::makeChoice() {
    auto* box = calm(new QComboBox);
    editor_ = box;
    for (const std::string& choice : spec_.choices)
        box->addItem(textOf(choice));
    connect(box, &QComboBox::currentTextChanged, this,
            [this](const QString& text) { tell(text.toStdString()); });
    show_ = [box](const OptionValue& value) { box->setCurrentText(textOf(std::get<std::string>(value))); };
    return box;
}

/// Numbers too: a spin box has no way to show 1e-6 and 65536 alike.
QWidget* OptionField::makeText() {
    auto* line = new QLineEdit;
    editor_ = line;
    const bool number = spec_.type != OptionType::Text;
    if (number) line->setFixedWidth(kNumberWidth);
    connect(line, &QLineEdit::editingFinished, this, [this, line] {
        if (line->isModified()) take(line->text());
        line->setModified(false);
    });
    show_ = [line](const OptionValue& value) { line->setText(textOf(formatOptionValue(value))); };
    if (!number) return line;
    auto* unit =
        new QLabel(spec_.type == OptionType::RealPair ? tr("least and greatest") : textOf(spec_.unit));
    unit->setProperty("look", "muted");
    auto* whole = inRow({line, unit});
    static_cast<QHBoxLayout*>(whole->layout())->addStretch(1);
    return whole;
}

QWidget* OptionField::makePath(Dialogs& dialogs) {
    auto* line = new QLineEdit;
    editor_ = line;
    const auto told = [this](const QString& path) { tell(filePath(path).string()); };
    connect(line, &QLineEdit::editingFinished, this, [line, told] {
        if (line->isModified()) told(withHome(line->text().trimmed()));
        line->setModified(false);
    });
    auto* browse = new QPushButton(tr("Browse…"));
    connect(browse, &QPushButton::clicked, this, [this, line, told, &dialogs] {
        dialogs.openFiles(this, textOf(spec_.label), {tr("All files (*)")}, false,
                          [line, told](const QStringList& files) {
                              if (files.isEmpty()) return;
                              line->setText(files.front());
                              told(files.front());
                          });
    });
    show_ = [line](const OptionValue& value) { line->setText(pathText(std::get<std::string>(value))); };
    return inRow({line, browse});
}

QWidget* OptionField::makePaths(Dialogs& dialogs) {
    auto* count = new QLabel;
    auto* choose = new QPushButton(tr("Choose…"));
    auto* clear = new QPushButton(tr("None"));
    editor_ = choose;
    const auto shown = [count](const std::vector<std::string>& paths) {
        QStringList names;
        for (const std::string& path : paths)
            names << QFileInfo(pathText(path)).fileName();
        count->setText(paths.empty()       ? tr("none")
                       : paths.size() == 1 ? names.front()
                                           : tr("%1 files").arg(paths.size()));
        count->setToolTip(names.join(QLatin1Char('\n')));
    };
    const auto told = [this, shown](const QStringList& files) {
        std::vector<std::string> paths;
        for (const QString& file : files)
            paths.push_back(filePath(file).string());
        shown(paths);
        tell(paths);
    };
    connect(choose, &QPushButton::clicked, this, [this, told, &dialogs] {
        dialogs.openFiles(this, textOf(spec_.label), {tr("All files (*)")}, true,
                          [told](const QStringList& files) {
                              if (!files.isEmpty()) told(files);
                          });
    });
    connect(clear, &QPushButton::clicked, this, [told] { told({}); });
    show_ = [shown](const OptionValue& value) { shown(std::get<std::vector<std::string>>(value)); };
    QWidget* whole = inRow({count, choose, clear});
    static_cast<QHBoxLayout*>(whole->layout())->setStretch(0, 1);
    return whole;
}

void OptionField::take(const QString& text) {
    try {
        tell(parseOptionValue(spec_, text.trimmed().toStdString()));
    } catch (const Error& error) {
        setProblem(sentenceOf(error));
        Q_EMIT refused(sentenceOf(error));
    }
}

void OptionField::tell(const OptionValue& value) {
    setHighlighted(false);
    setProblem({});
    Q_EMIT edited(value);
}

void OptionField::setValue(const OptionValue& value, const OptionValue& base, bool differs) {
    const QSignalBlocker quiet(editor_);
    show_(value);
    setProblem({});
    mark(base, differs);
}

void OptionField::keepText(const OptionValue& base) {
    mark(base, true);
}

void OptionField::mark(const OptionValue& base, bool differs) {
    reset_->setVisible(differs);
    reset_->setToolTip(tr("Back to %1").arg(textOf(formatOptionValue(base))));
    QFont font = label_->font();
    font.setBold(differs);
    label_->setFont(font);
}

void OptionField::setProblem(const QString& sentence) {
    problem_->setText(sentence);
    problem_->setVisible(!sentence.isEmpty());
}

bool OptionField::hasProblem() const {
    return !problem_->text().isEmpty();
}

void OptionField::setRangeShown(bool shown) {
    range_->setVisible(shown && !range_->text().isEmpty());
}

void OptionField::setHighlighted(bool highlighted) {
    highlighted_ = highlighted;
    update();
}

bool OptionField::matches(const QStringList& words) const {
    std::string names = spec_.label + ' ' + spec_.key + ' ' + spec_.help;
    for (const std::string& alias : spec_.aliases)
        names += ' ' + alias;
    const QString text = dashed(textOf(names));
    return std::ranges::all_of(words, [&text](const QString& word) {
        QString sought = dashed(word);
        while (sought.startsWith(QLatin1Char('-')))
            sought.remove(0, 1);
        return text.contains(sought, Qt::CaseInsensitive);
    });
}

void OptionField::focusEditor() {
    editor_->setFocus();
}

/// A bar at the left marks what differs, as editors do; a frame what the person was sent to.
void OptionField::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor accent = palette().color(QPalette::Highlight);
    if (label_->font().bold()) painter.fillRect(QRectF(0, kHalfStep, 2, height() - 2 * kHalfStep), accent);
    if (!highlighted_) return;
    painter.setPen(QPen(accent, 1.5));
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 5, 5);
}

}  // namespace dinoscope
