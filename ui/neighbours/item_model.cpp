#include "ui/neighbours/item_model.h"

#include <QFileInfo>
#include <QLocale>

#include "ui/bridge/colour_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

namespace {

constexpr int kMostHues = 24;

QString labelOf(const api::GalleryItem& item) {
    return pathText(item.label);
}

QString fileNameOf(const api::GalleryItem& item) {
    return QFileInfo(pathText(item.name)).fileName();
}

}  // namespace

QHash<QString, QColor> labelHues(const std::vector<std::string>& labels) {
    QHash<QString, QColor> hues;
    if (int(labels.size()) > kMostHues) return hues;
    for (int i = 0; i < int(labels.size()); ++i) {
        hues.insert(QString::fromStdString(labels[std::size_t(i)]), hueOf(i, int(labels.size())));
    }
    return hues;
}

QString similarityText(double similarity) {
    return QLocale::c().toString(similarity, 'f', 3);
}

ItemModel::ItemModel(QSize thumbnail, QObject* parent) : QAbstractListModel(parent), loader_(thumbnail) {
    connect(&loader_, &ThumbnailLoader::loaded, this, &ItemModel::tellChanged);
    connect(&loader_, &ThumbnailLoader::failed, this, &ItemModel::tellChanged);
    connect(&loader_, &ThumbnailLoader::pendingChanged, this, &ItemModel::pendingChanged);
}

void ItemModel::setGallery(std::shared_ptr<const api::Gallery> gallery) {
    beginResetModel();
    gallery_ = std::move(gallery);
    all_ = false;
    entries_.clear();
    rows_.clear();
    hues_.clear();
    if (gallery_) {
        hues_ = labelHues(gallery_->info().labels);
        loader_.setReader([held = gallery_](const QString& key) {
            const std::int64_t item = key.toLongLong();
            const std::vector<std::byte> stored = held->thumbnail(item);
            if (stored.empty()) throw Error("there is no thumbnail of it", held->path(item).string());
            return decodeImage(stored, held->item(item).name);
        });
    } else {
        loader_.setReader({});
    }
    endResetModel();
}

void ItemModel::showAll() {
    beginResetModel();
    all_ = gallery_ != nullptr;
    entries_.clear();
    rows_.clear();
    endResetModel();
}

void ItemModel::showEntries(std::vector<Entry> entries) {
    beginResetModel();
    all_ = false;
    entries_ = std::move(entries);
    rows_.clear();
    for (int row = 0; row < int(entries_.size()); ++row)
        rows_.insert(entries_[std::size_t(row)].item, row);
    endResetModel();
}

void ItemModel::showNeighbours(const std::vector<Neighbour>& neighbours) {
    std::vector<Entry> entries;
    entries.reserve(neighbours.size());
    for (const Neighbour& each : neighbours)
        entries.push_back({each.row, each.similarity});
    showEntries(std::move(entries));
}

void ItemModel::request(int first, int count) {
    QStringList wanted;
    for (int row = first; row < std::min(first + count, rowCount()); ++row)
        wanted << QString::number(itemAt(row));
    loader_.request(wanted);
}

std::int64_t ItemModel::itemAt(int row) const {
    if (row < 0 || row >= rowCount()) return -1;
    return all_ ? row : entries_[std::size_t(row)].item;
}

int ItemModel::rowOf(std::int64_t item) const {
    if (all_) return item >= 0 && item < rowCount() ? int(item) : -1;
    return rows_.value(item, -1);
}

float ItemModel::similarityAt(int row) const {
    return all_ || row < 0 || row >= rowCount() ? kNoSimilarity : entries_[std::size_t(row)].similarity;
}

int ItemModel::rowCount(const QModelIndex& parent) const {
    if (parent.isValid()) return 0;
    return all_ ? int(gallery_->size()) : int(entries_.size());
}

QString ItemModel::toolTip(std::int64_t item, float similarity) const {
    QStringList lines{pathText(gallery_->path(item))};
    if (similarity >= -1) lines << tr("Similarity %1").arg(similarityText(similarity));
    return lines.join(QLatin1Char('\n'));
}

QVariant ItemModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const std::int64_t row = itemAt(index.row());
    const api::GalleryItem& item = gallery_->item(row);
    const float similarity = similarityAt(index.row());
    const QString label = labelOf(item);
    switch (role) {
        case Qt::DisplayRole:
            return label.isEmpty() ? fileNameOf(item) : label;
        case ThumbnailGrid::DetailRole:
            if (similarity >= -1) return similarityText(similarity);
            return label.isEmpty() ? QString() : fileNameOf(item);
        case ThumbnailGrid::ShareRole:
            return similarity >= -1 ? QVariant(double(similarity)) : QVariant();
        case ThumbnailGrid::SwatchRole:
            return hues_.contains(label) ? QVariant(hues_.value(label)) : QVariant();
        case ThumbnailGrid::PictureRole: {
            const QImage* picture = loader_.find(QString::number(row));
            return picture ? QVariant(*picture) : QVariant();
        }
        case ThumbnailGrid::BadRole:
            return loader_.isBad(QString::number(row));
        case Qt::ToolTipRole:
            return toolTip(row, similarity);
        case Qt::AccessibleTextRole:
            return QStringList{label, fileNameOf(item),
                               similarity >= -1 ? similarityText(similarity) : QString()}
                .join(QLatin1Char(' '));
        default:
            return {};
    }
}

void ItemModel::tellChanged(const QString& key) {
    const int row = rowOf(key.toLongLong());
    if (row >= 0) Q_EMIT dataChanged(index(row), index(row));
}

}  // namespace dinoscope
