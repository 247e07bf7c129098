#include "ui/explore/filmstrip.h"

#include <QFileInfo>
#include <QGuiApplication>
#include <QPainter>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <algorithm>

#include "ui/theme.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kPictureWidth = 104;
constexpr int kPictureHeight = 72;

/// Thumbnail, name below, a frame around the current one.
class FilmstripDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
        return {kPictureWidth + 2 * kStep, kPictureHeight + option.fontMetrics.height() + 2 * kStep};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const QPalette& palette = option.palette;
        const bool current = option.state & QStyle::State_Selected;
        const QRect box(option.rect.left() + (option.rect.width() - kPictureWidth) / 2,
                        option.rect.top() + kStep, kPictureWidth, kPictureHeight);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setRenderHint(QPainter::SmoothPixmapTransform);
        const auto picture = index.data(FilmstripModel::PictureRole).value<QImage>();
        QRect frame = box;
        if (!picture.isNull()) {
            frame.setSize(picture.size().scaled(box.size(), Qt::KeepAspectRatio));
            frame.moveCenter(box.center());
            painter->drawImage(frame, picture);
        } else {
            painter->setPen(Qt::NoPen);
            painter->setBrush(palette.color(QPalette::AlternateBase));
            painter->drawRoundedRect(box, kHalfStep, kHalfStep);
            const bool bad = index.data(FilmstripModel::BadRole).toBool();
            themeIcon(bad ? QStringLiteral("error") : QStringLiteral("image"))
                .paint(painter, QRect(box.center() - QPoint(10, 10), QSize(20, 20)), Qt::AlignCenter,
                       bad ? QIcon::Normal : QIcon::Disabled);
        }
        if (current) {
            painter->setPen(QPen(palette.color(QPalette::Highlight), 2));
            painter->setBrush(Qt::NoBrush);
            painter->drawRoundedRect(frame.adjusted(-2, -2, 2, 2), 3, 3);
        }
        const QRect line(option.rect.left() + kHalfStep, box.bottom() + kHalfStep,
                         option.rect.width() - kStep, option.fontMetrics.height());
        painter->setPen(palette.color(current ? QPalette::Text : QPalette::PlaceholderText));
        painter->drawText(line, Qt::AlignCenter,
                          option.fontMetrics.elidedText(index.data(Qt::DisplayRole).toString(),
                                                        Qt::ElideMiddle, line.width()));
        painter->restore();
    }
};

}  // namespace

FilmstripModel::FilmstripModel(ThumbnailLoader& loader, QObject* parent)
    : QAbstractListModel(parent), loader_(loader) {
    connect(&loader_, &ThumbnailLoader::loaded, this, &FilmstripModel::tellChanged);
    connect(&loader_, &ThumbnailLoader::failed, this, [this](const QString& file, const QString& sentence) {
        bad_.insert(file, sentence);
        tellChanged(file);
    });
}

void FilmstripModel::setFiles(const QStringList& files) {
    beginResetModel();
    files_ = files;
    rows_.clear();
    for (int row = 0; row < int(files_.size()); ++row)
        rows_.insert(files_[row], row);
    endResetModel();
}

int FilmstripModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(files_.size());
}

QVariant FilmstripModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const QString& file = files_[index.row()];
    switch (role) {
        case Qt::DisplayRole:
            return QFileInfo(file).fileName();
        case Qt::ToolTipRole:
            return bad_.value(file, file);
        case FileRole:
            return file;
        case BadRole:
            return bad_.contains(file);
        case PictureRole: {
            const QImage* picture = loader_.find(file);
            return picture ? QVariant(*picture) : QVariant();
        }
        default:
            return {};
    }
}

void FilmstripModel::tellChanged(const QString& file) {
    const auto row = rows_.find(file);
    if (row == rows_.end()) return;
    const QModelIndex changed = index(*row);
    Q_EMIT dataChanged(changed, changed);
}

Filmstrip::Filmstrip(QWidget* parent) : QListView(parent) {
    const double ratio = qGuiApp->devicePixelRatio();
    loader_ = new ThumbnailLoader((QSizeF(kPictureWidth, kPictureHeight) * ratio).toSize(), this);
    model_ = new FilmstripModel(*loader_, this);
    setModel(model_);
    setItemDelegate(new FilmstripDelegate(this));
    setUniformItemSizes(true);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("Pictures of the folder"));
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &Filmstrip::requestVisible);
    connect(loader_, &ThumbnailLoader::pendingChanged, this, &Filmstrip::pendingChanged);
}

QSize Filmstrip::sizeHint() const {
    return {kPictureWidth + 4 * kStep, 200};
}

/// A thumbnail whole, with the frame of the one that is chosen.
QSize Filmstrip::minimumSizeHint() const {
    return {kPictureWidth + 2 * kStep + verticalScrollBar()->sizeHint().width() + 2 * frameWidth(), 0};
}

void Filmstrip::setFiles(const QStringList& files) {
    telling_ = false;
    chosenRow_ = -1;
    model_->setFiles(files);
    telling_ = true;
    requestVisible();
}

void Filmstrip::setCurrentFile(const QString& file) {
    returnToFile(file);
    chosenRow_ = currentRow();
}

void Filmstrip::returnToFile(const QString& file) {
    const int row = int(model_->files().indexOf(file));
    telling_ = false;
    if (row >= 0) {
        setCurrentIndex(model_->index(row));
        scrollTo(model_->index(row));
    } else {
        setCurrentIndex({});
    }
    telling_ = true;
}

void Filmstrip::step(int files) {
    const int count = model_->rowCount();
    if (count == 0) return;
    // From the one that failed, if it lies in the way: the next step must not meet it again.
    int from = currentRow();
    if (chosenRow_ >= 0) from = files > 0 ? std::max(from, chosenRow_) : std::min(from, chosenRow_);
    setCurrentIndex(model_->index(std::clamp(from + files, 0, count - 1)));
}

void Filmstrip::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QListView::currentChanged(current, previous);
    if (!telling_ || !current.isValid()) return;
    chosenRow_ = current.row();
    Q_EMIT fileChosen(current.data(FilmstripModel::FileRole).toString());
}

/// Those in sight first, from the top, then one screen more below.
void Filmstrip::requestVisible() {
    if (!isVisible() || model_->rowCount() == 0) return;
    const int high = std::max(1, sizeHintForRow(0));
    const int first = std::max(0, verticalScrollBar()->value() / high);
    const int inSight = viewport()->height() / high + 2;
    QStringList wanted;
    for (int row = first; row < std::min(first + 2 * inSight, model_->rowCount()); ++row) {
        wanted.push_back(model_->files()[row]);
    }
    loader_->request(wanted);
}

void Filmstrip::resizeEvent(QResizeEvent* event) {
    QListView::resizeEvent(event);
    requestVisible();
}

void Filmstrip::showEvent(QShowEvent* event) {
    QListView::showEvent(event);
    requestVisible();
}

}  // namespace dinoscope
