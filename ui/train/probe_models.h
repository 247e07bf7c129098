#pragma once

#include <QAbstractListModel>
#include <vector>

#include "engine/api/run.h"
#include "ui/bridge/thumbnail_loader.h"

namespace dinoscope {

/// Pictures for a ThumbnailGrid that are read from files, with another place to look where the first has
/// none.
class PictureModel : public QAbstractListModel {
    Q_OBJECT

public:
    struct Entry {
        QString title;
        QString detail{};
        QString toolTip{};
        QString key;        ///< what the reader reads, see setReader()
        double share = -1;  ///< of the bar below; negative for none
    };

    explicit PictureModel(QSize thumbnail, QObject* parent = nullptr);

    void setReader(ThumbnailLoader::Reader reader) { loader_.setReader(std::move(reader)); }
    void setEntries(std::vector<Entry> entries);
    /// Whether its pictures are those of the entries: names alone do not tell one run's from another's.
    bool holds(const std::vector<Entry>& entries) const;
    /// Thumbnails of these rows are wanted, of others no longer.
    void request(int first, int count);
    bool isSettled() const { return loader_.pending() == 0; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

Q_SIGNALS:
    void pendingChanged();

private:
    void tellChanged(const QString& key);

    ThumbnailLoader loader_;
    std::vector<Entry> entries_;
};

/// Probe images; the key is the file of a look.
std::vector<PictureModel::Entry> entriesOf(const std::vector<api::ProbeImage>& images);
ThumbnailLoader::Reader probePictureReader(const std::vector<api::ProbeImage>& images);

/// Neighbours; the key is the small picture and, where that is not there, the training image itself. `data`
/// is the folder that was trained on.
std::vector<PictureModel::Entry> entriesOf(const std::vector<api::ProbeFrame::Neighbour>& neighbours,
                                           const std::filesystem::path& data);
ThumbnailLoader::Reader neighbourReader();

}  // namespace dinoscope
