#include "ui/train/probe_models.h"

#include <QFileInfo>
#include <QHash>
#include <QLocale>
#include <algorithm>
#include <system_error>

#include "engine/api/images.h"
#include "ui/bridge/paths.h"
#include "ui/train/probe_session.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

namespace {

const QChar kBetween(u'\n');

}  // namespace

PictureModel::PictureModel(QSize thumbnail, QObject* parent)
    : QAbstractListModel(parent), loader_(thumbnail) {
    connect(&loader_, &ThumbnailLoader::loaded, this, &PictureModel::tellChanged);
    connect(&loader_, &ThumbnailLoader::failed, this, &PictureModel::tellChanged);
    connect(&loader_, &ThumbnailLoader::pendingChanged, this, &PictureModel::pendingChanged);
}

void PictureModel::setEntries(std::vector<Entry> entries) {
    const bool same = entries.size() == entries_.size();
    if (same) {
        // In place: what is selected and where one scrolled to stays while epochs go by.
        entries_ = std::move(entries);
        if (!entries_.empty()) Q_EMIT dataChanged(index(0), index(rowCount() - 1));
        return;
    }
    beginResetModel();
    entries_ = std::move(entries);
    endResetModel();
}

bool PictureModel::holds(const std::vector<Entry>& entries) const {
    return std::ranges::equal(entries_, entries, {}, &Entry::key, &Entry::key);
}

void PictureModel::request(int first, int count) {
    QStringList wanted;
    for (int row = first; row < std::min(first + count, rowCount()); ++row)
        wanted << entries_[std::size_t(row)].key;
    loader_.request(wanted);
}

void PictureModel::tellChanged(const QString& key) {
    for (int row = 0; row < rowCount(); ++row) {
        if (entries_[std::size_t(row)].key == key) Q_EMIT dataChanged(index(row), index(row));
    }
}

int PictureModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(entries_.size());
}

QVariant PictureModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Entry& entry = entries_[std::size_t(index.row())];
    switch (role) {
        case Qt::DisplayRole:
            return entry.title;
        case Qt::ToolTipRole:
            return entry.toolTip;
        case ThumbnailGrid::DetailRole:
            return entry.detail;
        case ThumbnailGrid::PictureRole: {
            const QImage* picture = loader_.find(entry.key);
            return picture ? *picture : QImage();
        }
        case ThumbnailGrid::BadRole:
            return loader_.isBad(entry.key);
        case ThumbnailGrid::ShareRole:
            return entry.share >= 0 ? QVariant(entry.share) : QVariant();
        default:
            return {};
    }
}

std::vector<PictureModel::Entry> entriesOf(const std::vector<api::ProbeImage>& images) {
    std::vector<PictureModel::Entry> entries;
    for (const api::ProbeImage& image : images) {
        const QString name = pathText(image.name);
        entries.push_back({QFileInfo(name).fileName(), {}, name, pathText(image.looks.front().file)});
    }
    return entries;
}

ThumbnailLoader::Reader probePictureReader(const std::vector<api::ProbeImage>& images) {
    QHash<QString, std::string> names;
    for (const api::ProbeImage& image : images)
        names.insert(pathText(image.looks.front().file), image.name);
    return [names](const QString& key) {
        return readProbePicture(*api::readProbeFrame(filePath(key)), names.value(key));
    };
}

std::vector<PictureModel::Entry> entriesOf(const std::vector<api::ProbeFrame::Neighbour>& neighbours,
                                           const std::filesystem::path& data) {
    std::vector<PictureModel::Entry> entries;
    for (const api::ProbeFrame::Neighbour& each : neighbours) {
        const QString name = pathText(each.name);
        // The class, where images lie in folders of classes.
        const QString folder = QFileInfo(name).path();
        const QString title = folder == QLatin1String(".") ? QFileInfo(name).fileName() : folder;
        const QString similarity = QLocale::c().toString(double(each.similarity), 'f', 3);
        entries.push_back({title, similarity, name + kBetween + similarity,
                           pathText(each.picture) + kBetween + pathText(data / each.name),
                           std::clamp(double(each.similarity), 0.0, 1.0)});
    }
    return entries;
}

ThumbnailLoader::Reader neighbourReader() {
    return [](const QString& key) {
        const std::filesystem::path small = filePath(key.section(kBetween, 0, 0));
        std::error_code none;
        return decodeImage(std::filesystem::exists(small, none) ? small : filePath(key.section(kBetween, 1)));
    };
}

}  // namespace dinoscope
