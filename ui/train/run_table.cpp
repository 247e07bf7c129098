#include "ui/train/run_table.h"

#include <QDateTime>
#include <QDir>
#include <QGuiApplication>
#include <QIcon>
#include <QLocale>
#include <QPainter>
#include <QPalette>
#include <QPixmap>
#include <cmath>

#include "ui/bridge/paths.h"
#include "ui/theme.h"
#include "ui/train/run_text.h"
#include "ui/widgets/curve_content.h"

namespace dinoscope {

namespace {

QString placeText(const std::filesystem::path& folder) {
    QString text = pathText(folder.parent_path());
    const QString home = QDir::homePath();
    if (text == home || text.startsWith(home + QLatin1Char('/')))
        text.replace(0, home.size(), QLatin1Char('~'));
    return QDir::toNativeSeparators(text);
}

/// Of the same colour where its row is selected.
QIcon swatchOf(int colour) {
    const double ratio = qGuiApp->devicePixelRatio();
    QPixmap swatch(RunTable::kSwatchSize * ratio);
    swatch.setDevicePixelRatio(ratio);
    swatch.fill(Qt::transparent);
    QPainter painter(&swatch);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    if (colour >= 0) painter.setBrush(curveColour(colour, isDarkTheme()));
    painter.drawRoundedRect(QRect(QPoint(), RunTable::kSwatchSize), 2, 2);
    QIcon icon;
    for (const QIcon::Mode mode : {QIcon::Normal, QIcon::Selected})
        icon.addPixmap(swatch, mode);
    return icon;
}

}  // namespace

void RunTable::show(const std::vector<ListedRun>& runs) {
    const auto isSame = [](const ListedRun& a, const ListedRun& b) {
        return a.summary.folder == b.summary.folder;
    };
    if (std::equal(runs_.begin(), runs_.end(), runs.begin(), runs.end(), isSame)) {
        runs_ = runs;
        if (!runs_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
        return;
    }
    beginResetModel();
    runs_ = runs;
    endResetModel();
}

int RunTable::rowOf(const std::filesystem::path& run) const {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
        if (runs_[i].summary.folder == run) return int(i);
    }
    return -1;
}

void RunTable::setColours(std::map<std::filesystem::path, int> colours) {
    colours_ = std::move(colours);
    if (!runs_.empty()) Q_EMIT dataChanged(index(0, Name), index(rowCount() - 1, Name), {Qt::DecorationRole});
}

void RunTable::setOwn(const std::filesystem::path& run, const RunState& state) {
    if (run == own_ && state == ownState_) return;
    own_ = run;
    ownState_ = state;
    if (!runs_.empty()) Q_EMIT dataChanged(index(0, State), index(rowCount() - 1, State));
}

int RunTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(runs_.size());
}

int RunTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kColumns;
}

QString RunTable::textOf(const ListedRun& run, int column) const {
    const api::RunSummary& summary = run.summary;
    const bool readable = summary.state != api::RunState::Unreadable;
    switch (column) {
        case Name:
            return pathText(summary.folder.filename());
        case State:
            return summary.folder == own_ ? stateText(summary.state, ownState_) : stateText(summary.state);
        case Network:
            return networkText(summary);
        case Epochs:
            return epochsText(summary);
        case Loss:
            // Words would be cut: they are in the tool tip.
            return std::isfinite(summary.loss) ? lossText(summary.loss) : QStringLiteral("–");
        case Best:
            return run.scores ? percentOf(run.scores->bestKnn) : QString();
        case Rank:
            return run.scores && run.scores->bestRank > 0
                       ? QLocale::c().toString(run.scores->bestRank, 'f', 1)
                       : QString();
        case Images:
            return readable ? QLocale().toString(qlonglong(summary.record.data.images)) : QString();
        case Trained:
            return readable && summary.steps > 0 ? durationText(summary.seconds) : QString();
        case Started: {
            const QDateTime time =
                QDateTime::fromString(QString::fromStdString(summary.record.created), Qt::ISODate);
            return QLocale::c().toString(time.toLocalTime(), QStringLiteral("yyyy-MM-dd hh:mm"));
        }
        case Place:
            return placeText(summary.folder);
        default:
            return {};
    }
}

QVariant RunTable::sortValueOf(const ListedRun& run, int column) const {
    switch (column) {
        case Epochs:
            return run.summary.epochsDone();
        case Loss:
            return run.summary.loss == kNotMeasured || !std::isfinite(run.summary.loss) ? 1e300
                                                                                        : run.summary.loss;
        case Best:
            return run.scores ? run.scores->bestKnn : kNotMeasured;
        case Rank:
            return run.scores ? run.scores->bestRank : kNotMeasured;
        case Images:
            return qlonglong(run.summary.record.data.images);
        case Trained:
            return run.summary.seconds;
        case Started:
            return QString::fromStdString(run.summary.record.created);
        default:
            return textOf(run, column);
    }
}

QVariant RunTable::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const ListedRun& run = runs_[std::size_t(index.row())];
    const int column = index.column();
    const bool number = column >= Epochs && column <= Trained;
    switch (role) {
        case Qt::DisplayRole:
            return textOf(run, column);
        case SortRole:
            return sortValueOf(run, column);
        case Qt::TextAlignmentRole:
            return int(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
        case Qt::ToolTipRole:
            if (run.summary.state == api::RunState::Unreadable)
                return QString::fromStdString(run.summary.problem);
            if (column == State && run.summary.writer) {
                return tr("Written by process %1 on %2")
                    .arg(run.summary.writer->process)
                    .arg(QString::fromStdString(run.summary.writer->host));
            }
            if (column == Loss && !std::isfinite(run.summary.loss))
                return tr("The loss is %1").arg(lossText(run.summary.loss));
            if (column == Best && run.scores && run.scores->bestKnn >= 0)
                return tr("After %1 epochs").arg(run.scores->bestEpoch);
            return column == Place || column == Name ? QVariant(pathText(run.summary.folder)) : QVariant();
        case Qt::ForegroundRole:
            if (run.summary.state == api::RunState::Unreadable)
                return QGuiApplication::palette().color(QPalette::PlaceholderText);
            if (column == State && run.summary.state == api::RunState::Live)
                return QGuiApplication::palette().color(QPalette::Highlight);
            return {};
        case Qt::DecorationRole: {
            if (column != Name) return {};
            const auto colour = colours_.find(run.summary.folder);
            return swatchOf(colour == colours_.end() ? -1 : colour->second);
        }
        default:
            return {};
    }
}

QVariant RunTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) {
        const bool number = section >= Epochs && section <= Trained;
        return int(Qt::AlignVCenter | (number ? Qt::AlignRight : Qt::AlignLeft));
    }
    if (role == Qt::ToolTipRole && section == Rank)
        return tr("The greatest effective rank of the features, of runs without classes");
    if (role != Qt::DisplayRole) return {};
    const QString titles[kColumns] = {tr("Run"),     tr("State"),     tr("Network"),   tr("Epochs"),
                                      tr("Loss"),    tr("Best k-NN"), tr("Best rank"), tr("Images"),
                                      tr("Trained"), tr("Started"),   tr("Folder")};
    return titles[section];
}

}  // namespace dinoscope
