#pragma once

#include <QAbstractListModel>
#include <QHash>
#include <QListView>
#include <QStringList>

#include "ui/bridge/thumbnail_loader.h"

namespace dinoscope {

/// Image files with their thumbnails.
class FilmstripModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role { FileRole = Qt::UserRole, PictureRole, BadRole };

    explicit FilmstripModel(ThumbnailLoader& loader, QObject* parent = nullptr);

    void setFiles(const QStringList& files);
    const QStringList& files() const { return files_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    void tellChanged(const QString& file);

    ThumbnailLoader& loader_;
    QStringList files_;
    QHash<QString, int> rows_;
    QHash<QString, QString> bad_;  ///< file to sentence
};

/// A column of thumbnails. Only those in sight are decoded.
class Filmstrip : public QListView {
    Q_OBJECT

public:
    explicit Filmstrip(QWidget* parent = nullptr);

    void setFiles(const QStringList& files);
    const QStringList& files() const { return model_->files(); }
    int currentRow() const { return currentIndex().row(); }
    /// Selects without telling.
    void setCurrentFile(const QString& file);
    /// The same after the chosen file has failed: step() goes on behind that one.
    void returnToFile(const QString& file);
    /// By this many files, within the list; tells by fileChosen().
    void step(int files);
    const ThumbnailLoader& loader() const { return *loader_; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void fileChosen(const QString& file);
    void pendingChanged();

protected:
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void requestVisible();

    ThumbnailLoader* loader_;
    FilmstripModel* model_;
    bool telling_ = true;
    int chosenRow_ = -1;  ///< the last one told, whether it could be shown or not
};

}  // namespace dinoscope
