#include "ui/train/difference_table.h"

#include <QHeaderView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <algorithm>
#include <utility>

#include "ui/bridge/paths.h"
#include "ui/theme.h"
#include "ui/train/run_text.h"
#include "ui/widgets/curve_content.h"
#include "ui/widgets/looks.h"

namespace dinoscope {

namespace {

constexpr int kCellPadding = 24;    // px, both sides
constexpr int kWidestOption = 190;  // px
constexpr int kWidestValue = 130;
constexpr int kColumnsByValue = 3;
constexpr int kSwatch = 10;  // px
constexpr int kSwatchGap = 3;
constexpr int kSwatchMargin = 4;
constexpr int kRunsRole = Qt::UserRole;  ///< QVariantList of the places of runs in their order

/// A list on one line.
QString lineOf(const std::string& value) {
    return QString::fromStdString(value).replace(QLatin1Char('\n'), QLatin1String(", "));
}

QString flagOf(const std::string& key) {
    return QStringLiteral("--") + QString::fromStdString(key);
}

/// A value of an option and the runs that have it.
struct ValueOfRuns {
    QString value;
    QStringList names;
    QVariantList places;  ///< in the order of the runs
};

/// In the order of the runs, each once.
std::vector<ValueOfRuns> valuesOf(const api::RunDifference& difference,
                                  const std::vector<api::RunSummary>& runs) {
    std::vector<ValueOfRuns> values;
    for (std::size_t i = 0; i < difference.values.size(); ++i) {
        const QString value = lineOf(difference.values[i]);
        auto found = std::ranges::find(values, value, &ValueOfRuns::value);
        if (found == values.end()) found = values.insert(found, {value, {}, {}});
        found->names << pathText(runs[i].folder.filename());
        found->places << int(i);
    }
    return values;
}

/// Runs as swatches: their names would not fit.
class RunSwatches : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        QRect swatch(option.rect.left() + kSwatchMargin, option.rect.center().y() - kSwatch / 2, kSwatch,
                     kSwatch);
        for (const QVariant& place : index.data(kRunsRole).toList()) {
            painter->setBrush(curveColour(place.toInt(), isDarkTheme()));
            painter->drawRoundedRect(swatch, 2, 2);
            swatch.translate(kSwatch + kSwatchGap, 0);
        }
        painter->restore();
    }
};

}  // namespace

DifferenceTable::DifferenceTable(QWidget* parent) : QTableWidget(parent), swatches_(new RunSwatches(this)) {
    prepareTable(*this);
    setSelectionMode(QTableView::NoSelection);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWordWrap(false);
    setTextElideMode(Qt::ElideMiddle);  // paths differ at their ends
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

int DifferenceTable::setRuns(const std::vector<api::RunSummary>& runs) {
    const std::vector<api::RunDifference> found = api::differences(runs);
    clear();
    clearSpans();
    setRowCount(0);
    if (runs.size() > 2) {
        showByValue(runs, found);
    } else {
        showByRun(runs, found);
    }
    return int(found.size());
}

void DifferenceTable::showByRun(const std::vector<api::RunSummary>& runs,
                                const std::vector<api::RunDifference>& found) {
    QStringList titles{tr("Option")};
    for (const api::RunSummary& run : runs)
        titles << pathText(run.folder.filename());
    setHeaders(titles);
    setItemDelegateForColumn(kColumnsByValue - 1, nullptr);
    setRowCount(int(found.size()));
    for (int row = 0; row < int(found.size()); ++row) {
        const api::RunDifference& difference = found[std::size_t(row)];
        put(row, 0, optionTitle(difference.key), flagOf(difference.key));
        for (int i = 0; i < int(difference.values.size()); ++i) {
            const QString value = lineOf(difference.values[std::size_t(i)]);
            put(row, i + 1, value, value);
        }
    }
    limit(0, kWidestOption);
    for (int i = 1; i < columnCount(); ++i)
        horizontalHeader()->setSectionResizeMode(i, QHeaderView::Stretch);
}

void DifferenceTable::showByValue(const std::vector<api::RunSummary>& runs,
                                  const std::vector<api::RunDifference>& found) {
    setHeaders({tr("Option"), tr("Value"), tr("Runs")});
    setItemDelegateForColumn(kColumnsByValue - 1, swatches_);
    for (const api::RunDifference& difference : found) {
        const int first = rowCount();
        for (const ValueOfRuns& each : valuesOf(difference, runs)) {
            const int row = rowCount();
            setRowCount(row + 1);
            const QString names = each.names.join(QStringLiteral(", "));
            put(row, 1, each.value, each.value);
            put(row, 2, names, names);
            item(row, 2)->setData(kRunsRole, each.places);
        }
        put(first, 0, optionTitle(difference.key), flagOf(difference.key));
        item(first, 0)->setTextAlignment(Qt::AlignTop | Qt::AlignLeft);
        if (rowCount() - first > 1) setSpan(first, 0, rowCount() - first, 1);
    }
    limit(0, kWidestOption);
    limit(1, kWidestValue);
    horizontalHeader()->setSectionResizeMode(kColumnsByValue - 1, QHeaderView::Stretch);
}

void DifferenceTable::setHeaders(const QStringList& titles) {
    setColumnCount(int(titles.size()));
    setHorizontalHeaderLabels(titles);
    for (int i = 0; i < columnCount(); ++i)
        horizontalHeaderItem(i)->setToolTip(titles[i]);
}

void DifferenceTable::put(int row, int column, const QString& text, const QString& toolTip) {
    auto* cell = new QTableWidgetItem(text);
    cell->setToolTip(toolTip);
    setItem(row, column, cell);
}

/// What it needs, but no more than leaves room for the others. A view measures neither what is out of sight
/// nor what spans rows.
void DifferenceTable::limit(int column, int widest) {
    const auto widthOf = [this](const QString& text) { return fontMetrics().horizontalAdvance(text); };
    int width = widthOf(horizontalHeaderItem(column)->text());
    for (int row = 0; row < rowCount(); ++row)
        if (const QTableWidgetItem* cell = item(row, column)) width = std::max(width, widthOf(cell->text()));
    horizontalHeader()->setSectionResizeMode(column, QHeaderView::Interactive);
    setColumnWidth(column, std::min(widest, width + kCellPadding));
}

}  // namespace dinoscope
