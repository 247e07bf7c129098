#pragma once

#include <QAbstractListModel>
#include <QHash>
#include <memory>
#include <vector>

#include "engine/api/gallery.h"
#include "engine/api/neighbours.h"
#include "ui/bridge/thumbnail_loader.h"

namespace dinoscope {

/// Items of a gallery for a ThumbnailGrid: all of them, or some in an order of their own with a similarity.
/// Thumbnails come from the gallery, by a loader of its own.
class ItemModel : public QAbstractListModel {
    Q_OBJECT

public:
    /// An item, and what is written below its picture; similarity below -1 stands for none.
    struct Entry {
        std::int64_t item = 0;
        float similarity = kNoSimilarity;
    };
    static constexpr float kNoSimilarity = -2;

    explicit ItemModel(QSize thumbnail, QObject* parent = nullptr);

    /// Null for none; shows nothing until one of the two below is called.
    void setGallery(std::shared_ptr<const api::Gallery> gallery);
    void showAll();
    void showEntries(std::vector<Entry> entries);
    void showNeighbours(const std::vector<Neighbour>& neighbours);
    /// Thumbnails of these rows are wanted, of others no longer.
    void request(int first, int count);

    /// -1 for no row of this model.
    std::int64_t itemAt(int row) const;
    /// The row of an item, -1 if it is not shown.
    int rowOf(std::int64_t item) const;
    float similarityAt(int row) const;
    const ThumbnailLoader& loader() const { return loader_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

Q_SIGNALS:
    void pendingChanged();

private:
    void tellChanged(const QString& key);
    QString toolTip(std::int64_t item, float similarity) const;

    ThumbnailLoader loader_;
    std::shared_ptr<const api::Gallery> gallery_;
    bool all_ = false;
    std::vector<Entry> entries_;     ///< while not all
    QHash<std::int64_t, int> rows_;  ///< item to row, while not all
    QHash<QString, QColor> hues_;    ///< by label
};

/// The hue of each label, far apart for those that are few; empty where there are too many to tell apart.
QHash<QString, QColor> labelHues(const std::vector<std::string>& labels);

/// "0.873"
QString similarityText(double similarity);

}  // namespace dinoscope
