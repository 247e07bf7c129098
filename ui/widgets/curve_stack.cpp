#include "ui/widgets/curve_stack.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPaintDevice>
#include <QPainter>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kColumnWidth = 400;
constexpr int kMostColumns = 3;
constexpr int kLeastHeight = 144;
constexpr int kSpans[] = {1, 10, 30, 100, 300, 1000, 3000, 10000};
constexpr double kWidestStep = 8'888'888;  // that the bar keeps room for

/// "step 1,234", "epoch 2.5", "1:02:03 h"
QString positionText(CurveAxis axis, double position) {
    switch (axis) {
        case CurveAxis::Step:
            return CurveStack::tr("step %1").arg(
                QLocale(QLocale::English, QLocale::UnitedKingdom).toString(std::llround(position)));
        case CurveAxis::Epoch:
            return CurveStack::tr("epoch %1").arg(QLocale::c().toString(position, 'f', 2));
        case CurveAxis::Time:
            break;
    }
    const long long seconds = std::llround(position);
    return CurveStack::tr("%1:%2:%3 h")
        .arg(seconds / 3600)
        .arg(seconds / 60 % 60, 2, 10, QLatin1Char('0'))
        .arg(seconds % 60, 2, 10, QLatin1Char('0'));
}

}  // namespace

CurveStack::CurveStack(QWidget* parent) : QWidget(parent) {
    content_ = new QWidget;
    grid_ = new QGridLayout(content_);
    grid_->setContentsMargins(kStep, kHalfStep, kStep, kStep);
    grid_->setSpacing(kStep);
    area_ = new QScrollArea;
    area_->setObjectName(QStringLiteral("curveArea"));
    area_->setWidgetResizable(true);
    area_->setFrameShape(QFrame::NoFrame);
    area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area_->setWidget(content_);
    makeBar();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(bar_);
    column->addWidget(area_, 1);
}

void CurveStack::makeBar() {
    bar_ = new QHBoxLayout;
    bar_->setContentsMargins(2 * kStep, kHalfStep, kStep, kHalfStep);
    bar_->setSpacing(kHalfStep);
    const char* names[kCurveAxes] = {"axisStep", "axisEpoch", "axisTime"};
    for (int i = 0; i < kCurveAxes; ++i) {
        auto* button = new QToolButton;
        button->setObjectName(QLatin1String(names[i]));
        button->setCheckable(true);
        button->setProperty("look", "segment");
        button->setFocusPolicy(Qt::StrongFocus);
        button->hide();
        connect(button, &QToolButton::clicked, this, [this, i] { setAxis(CurveAxis(i)); });
        axes_[std::size_t(i)] = button;
        bar_->addWidget(button);
    }
    smoothing_ = new QComboBox;
    smoothing_->setObjectName(QStringLiteral("smoothing"));
    for (const int span : kSpans)
        smoothing_->addItem(span == 1 ? tr("Not smoothed") : tr("Smoothed over %1").arg(span), double(span));
    // A bar without room would cut the number off.
    smoothing_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    smoothing_->setMinimumContentsLength(int(smoothing_->itemText(smoothing_->count() - 1).size()));
    smoothing_->setToolTip(tr("An exponential average of the noisy curves over so many steps"));
    smoothing_->setAccessibleName(tr("Smoothing"));
    connect(smoothing_, &QComboBox::currentIndexChanged, this, [this] {
        for (CurvePlot* each : plots_)
            each->setSmoothing(smoothing());
        Q_EMIT smoothingChanged(smoothing());
    });
    logarithmic_ = new QToolButton;
    logarithmic_->setObjectName(QStringLiteral("logarithmic"));
    logarithmic_->setText(tr("Log"));
    logarithmic_->setToolTip(tr("Logarithmic values; those of zero and below are left out"));
    logarithmic_->setCheckable(true);
    logarithmic_->setProperty("look", "segment");
    logarithmic_->setFocusPolicy(Qt::StrongFocus);
    connect(logarithmic_, &QToolButton::toggled, this, [this](bool on) {
        for (CurvePlot* each : plots_)
            each->setLogarithmic(on);
    });
    fit_ = new QToolButton;
    fit_->setObjectName(QStringLiteral("fitCurves"));
    fit_->setIcon(themeIcon(QStringLiteral("fit")));
    fit_->setToolTip(
        tr("Show everything (double click). The wheel zooms, with Shift the values; drag to move, with "
           "Shift to choose a stretch."));
    fit_->setAccessibleName(tr("Show everything"));
    fit_->setFocusPolicy(Qt::StrongFocus);
    connect(fit_, &QToolButton::clicked, this, &CurveStack::fit);
    bar_->addSpacing(kStep);
    bar_->addWidget(smoothing_);
    bar_->addWidget(logarithmic_);
    cursor_ = new QLabel;
    cursor_->setObjectName(QStringLiteral("cursorPosition"));
    cursor_->setProperty("look", "muted");
    // Room of its own: nothing moves while the mouse does.
    cursor_->setMinimumWidth(
        cursor_->fontMetrics().horizontalAdvance(positionText(CurveAxis::Step, kWidestStep)));
    bar_->addWidget(fit_);
    bar_->addSpacing(kStep);
    bar_->addWidget(cursor_);
    bar_->addStretch(1);
}

void CurveStack::setAxisTitles(const std::array<QString, kCurveAxes>& titles) {
    titles_ = titles;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
        axes_[i]->setText(titles[i]);
        axes_[i]->setVisible(!titles[i].isEmpty());
    }
    showAxis();
}

void CurveStack::setAxis(CurveAxis axis) {
    const bool changed = axis != axis_;
    axis_ = axis;
    showAxis();
    if (changed) Q_EMIT axisChanged(axis);
}

void CurveStack::showAxis() {
    for (std::size_t i = 0; i < axes_.size(); ++i)
        axes_[i]->setChecked(i == std::size_t(axis_));
    for (CurvePlot* each : plots_)
        each->setSeconds(axis_ == CurveAxis::Time);
    showCursor(std::nullopt);  // it was one of the axis before
}

CurvePlot* CurveStack::makePlot(const CurvePanel& panel) {
    auto* plot = new CurvePlot;
    plot->setObjectName(panel.key);
    plot->setMinimumHeight(kLeastHeight);
    plot->setSmoothing(smoothing());
    plot->setLogarithmic(isLogarithmic());
    plot->setSeconds(axis_ == CurveAxis::Time);
    connect(plot, &CurvePlot::cursorWanted, this, &CurveStack::showCursor);
    connect(plot, &CurvePlot::rangeWanted, this, [this](double lower, double upper) {
        fitted_ = false;
        showRange({lower, upper});
    });
    connect(plot, &CurvePlot::fitWanted, this, &CurveStack::fit);
    return plot;
}

void CurveStack::setPanels(std::vector<CurvePanel> panels, bool fit) {
    const auto isSame = [](const CurvePlot* plot, const CurvePanel& panel) {
        return plot->objectName() == panel.key;
    };
    if (!std::equal(plots_.begin(), plots_.end(), panels.begin(), panels.end(), isSame)) {
        qDeleteAll(plots_);
        plots_.clear();
        wide_.clear();
        for (const CurvePanel& panel : panels) {
            plots_.push_back(makePlot(panel));
            wide_.push_back(panel.wide);
        }
        columns_ = 0;
        arrange();
    }
    for (std::size_t i = 0; i < panels.size(); ++i) {
        plots_[i]->setTitle(panels[i].title);
        plots_[i]->setEmptyText(panels[i].emptyText);
        plots_[i]->setCurves(std::move(panels[i].curves));
        plots_[i]->setLines(std::move(panels[i].lines));
    }
    if (fit) {
        this->fit();
    } else {
        refresh();
    }
}

void CurveStack::refresh() {
    if (fitted_) {
        if (const auto all = extent()) showRange(*all);
    }
    for (CurvePlot* each : plots_)
        each->refresh();
}

void CurveStack::fit() {
    fitted_ = true;
    for (CurvePlot* each : plots_)
        each->fitValues();
    showRange(extent().value_or(CurveRange{0, 1}));
}

void CurveStack::showCursor(std::optional<double> position) {
    for (CurvePlot* each : plots_)
        each->setCursor(position);
    cursor_->setText(position ? positionText(axis_, std::max(0.0, *position)) : QString());
}

void CurveStack::showRange(CurveRange range) {
    for (CurvePlot* each : plots_)
        each->setRange(range);
}

std::optional<CurveRange> CurveStack::extent() const {
    std::optional<CurveRange> found;
    for (const CurvePlot* each : plots_) {
        const std::optional<CurveRange> one = each->extent();
        if (!one) continue;
        found = found ? CurveRange{std::min(found->first, one->first), std::max(found->second, one->second)}
                      : *one;
    }
    return found;
}

double CurveStack::smoothing() const {
    return smoothing_->currentData().toDouble();
}

void CurveStack::setSmoothing(double span) {
    const int index = smoothing_->findData(span);
    smoothing_->setCurrentIndex(std::max(0, index));
}

bool CurveStack::isLogarithmic() const {
    return logarithmic_->isChecked();
}

void CurveStack::setLogarithmic(bool logarithmic) {
    logarithmic_->setChecked(logarithmic);
}

void CurveStack::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

/// Row by row, as many columns as there is room for; wide ones first take two.
void CurveStack::arrange() {
    const int columns = std::clamp(width() / kColumnWidth, 1, kMostColumns);
    if (columns == columns_) return;
    columns_ = columns;
    for (CurvePlot* each : plots_)
        grid_->removeWidget(each);
    int row = 0, column = 0;
    for (std::size_t i = 0; i < plots_.size(); ++i) {
        const int span = wide_[i] ? std::min(2, columns) : 1;
        if (column + span > columns) {
            ++row;
            column = 0;
        }
        grid_->addWidget(plots_[i], row, column, 1, span);
        plots_[i]->show();
        column += span;
    }
    for (int i = 0; i < kMostColumns; ++i)
        grid_->setColumnStretch(i, i < columns ? 1 : 0);
    for (int i = 0; i < grid_->rowCount(); ++i)
        grid_->setRowStretch(i, i <= row ? 1 : 0);
}

QSize CurveStack::plotSize() const {
    return content_->size();
}

void CurveStack::paintOn(QPaintDevice& device, QSize page) {
    const std::shared_ptr<QPainter> painter = makePlotPainter(device);
    const QSizeF all = content_->size();
    const double scale = std::min(page.width() / all.width(), page.height() / all.height());
    painter->fillRect(QRect(QPoint(), page), themePalette(false).color(QPalette::Window));
    painter->scale(scale, scale);
    for (CurvePlot* each : plots_)
        each->paintOn(*painter, each->geometry());
}

}  // namespace dinoscope
