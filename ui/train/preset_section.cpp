#include "ui/train/preset_section.h"

#include <QFrame>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QStyle>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/bridge/texts.h"
#include "ui/train/run_setup.h"
#include "ui/train/train_text.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kCardWidth = 216;

QLabel* makeLine(const QString& text, const char* look) {
    auto* label = new QLabel(text);
    label->setWordWrap(true);
    label->setProperty("look", look);
    return label;
}

}  // namespace

class PresetCard : public QFrame {
public:
    PresetCard(const Preset& preset, RunSetup& setup) : preset_(preset), setup_(setup) {
        setObjectName(QStringLiteral("preset-") + QString::fromStdString(preset.name));
        setProperty("look", "choice");
        setFocusPolicy(Qt::StrongFocus);
        setCursor(Qt::PointingHandCursor);

        here_ = new QLabel;
        here_->setWordWrap(true);
        auto* column = new QVBoxLayout(this);
        column->setContentsMargins(kStep + kHalfStep, kStep, kStep + kHalfStep, kStep);
        column->setSpacing(kHalfStep);
        column->addWidget(makeLine(QString::fromStdString(preset.title), "title"));
        column->addWidget(makeLine(QString::fromStdString(preset.description), "muted"));
        column->addStretch(1);
        column->addWidget(
            makeLine(PresetSection::tr("Needs %1.").arg(QString::fromStdString(preset.needs)), "small"));
        column->addWidget(here_);
        few_ = makeLine({}, "caution");
        few_->setObjectName(objectName() + QStringLiteral("-few"));
        column->addWidget(few_);
    }

    void refresh() {
        QStringList parts;
        if (const auto seconds = setup_.secondsFor(preset_.options)) parts << runTimeText(*seconds);
        if (const auto bytes = setup_.memoryFor(preset_.name)) parts << bytesText(*bytes);
        here_->setText(parts.isEmpty()
                           ? PresetSection::tr("Here: being found out")
                           : PresetSection::tr("Here: %1").arg(parts.join(QStringLiteral(" · "))));
        here_->setToolTip(setup_.data()
                              ? PresetSection::tr("For these images on this machine, by a short trial.")
                              : PresetSection::tr("For 9,469 images on this machine, by a short trial."));
        const QString few = setup_.fewImages(preset_);
        few_->setText(few);
        few_->setVisible(!few.isEmpty());
        const bool chosen = setup_.presetName() == preset_.name;
        describe(chosen);
        if (property("chosen").toBool() == chosen) return;
        setProperty("chosen", chosen);
        style()->unpolish(this);
        style()->polish(this);
    }

protected:
    void mousePressEvent(QMouseEvent* event) override {
        if (event->button() == Qt::LeftButton) setup_.choosePreset(preset_.name);
    }
    void keyPressEvent(QKeyEvent* event) override {
        if (event->key() == Qt::Key_Space || event->key() == Qt::Key_Return ||
            event->key() == Qt::Key_Enter) {
            setup_.choosePreset(preset_.name);
        } else {
            QFrame::keyPressEvent(event);
        }
    }

private:
    /// What the card shows by its frame and in small letters.
    void describe(bool chosen) {
        const QString title = QString::fromStdString(preset_.title);
        setAccessibleName(chosen ? PresetSection::tr("%1, chosen").arg(title) : title);
        QStringList parts{QString::fromStdString(preset_.description),
                          PresetSection::tr("Needs %1.").arg(QString::fromStdString(preset_.needs)),
                          here_->text(), few_->text()};
        parts.removeAll(QString());
        setAccessibleDescription(parts.join(QLatin1Char(' ')));
    }

    const Preset& preset_;
    RunSetup& setup_;
    QLabel* here_;
    QLabel* few_;
};

PresetSection::PresetSection(RunSetup& setup, QWidget* parent) : QWidget(parent), setup_(setup) {
    grid_ = new QGridLayout(this);
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setSpacing(kStep);
    for (const Preset& preset : setup.presets())
        cards_ << new PresetCard(preset, setup);
    connect(&setup, &RunSetup::baseChanged, this, &PresetSection::refresh);
    connect(&setup, &RunSetup::dataChanged, this, &PresetSection::refresh);
    connect(&setup, &RunSetup::planChanged, this, &PresetSection::refresh);
    connect(&setup, &RunSetup::speedChanged, this, &PresetSection::refresh);
    arrange();
    refresh();
}

/// As many columns as there is room for.
void PresetSection::arrange() {
    const int columns = std::clamp(width() / kCardWidth, 1, 3);
    if (columns == columns_) return;
    columns_ = columns;
    for (int i = 0; i < int(cards_.size()); ++i)
        grid_->addWidget(cards_[i], i / columns, i % columns);
    for (int i = 0; i < 3; ++i)
        grid_->setColumnStretch(i, i < columns ? 1 : 0);
}

void PresetSection::refresh() {
    for (PresetCard* card : cards_)
        card->refresh();
}

void PresetSection::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

}  // namespace dinoscope
