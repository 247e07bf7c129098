#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "ui/neighbours/item_model.h"
#include "ui/neighbours/neighbours_session.h"

class QAction;
class QDoubleSpinBox;
class QLabel;
class QListView;
class QSettings;
class QStackedWidget;

namespace dinoscope {

class ThumbnailGrid;

/// Groups of a gallery's pictures, as a list.
class DuplicateModel : public QAbstractListModel {
    Q_OBJECT

public:
    using QAbstractListModel::QAbstractListModel;

    void setGroups(std::shared_ptr<const api::Gallery> gallery, std::vector<api::DuplicateGroup> groups);
    const std::vector<api::DuplicateGroup>& groups() const { return groups_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    std::shared_ptr<const api::Gallery> gallery_;
    std::vector<api::DuplicateGroup> groups_;
};

/// Near duplicates of a gallery: groups at the left, the pictures of the chosen one beside them.
class DuplicatesPage : public QWidget {
    Q_OBJECT

public:
    DuplicatesPage(NeighboursSession& session, QAction* find, QSettings& settings, QWidget* parent = nullptr);

    void setGallery(std::shared_ptr<const api::Gallery> gallery);
    /// Compares all with all, in the background.
    void find();
    bool isFinding() const { return finding_; }
    bool isSettled() const;
    void setControls(const NeighboursControls& controls);
    QString statusText() const;

    ThumbnailGrid& grid() const { return *grid_; }
    ItemModel& model() const { return *items_; }

Q_SIGNALS:
    void stateChanged();
    void activityChanged();
    void failed(const QString& sentence);

private:
    QWidget* makeSide(QAction* find);
    void showGroup(int row);
    void showHint();

    NeighboursSession& session_;
    QSettings& settings_;
    std::shared_ptr<const api::Gallery> gallery_;
    bool finding_ = false;
    bool cut_ = false;               ///< there are more groups than are shown
    std::optional<double> foundAt_;  ///< the threshold of what is shown
    QDoubleSpinBox* threshold_;
    DuplicateModel* groups_;
    QListView* list_;
    QLabel* limit_;
    QLabel* hint_;
    QStackedWidget* stack_;
    ItemModel* items_;
    ThumbnailGrid* grid_;
};

}  // namespace dinoscope
