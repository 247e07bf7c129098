#pragma once

#include <QCache>
#include <QImage>
#include <QObject>
#include <QSize>
#include <QStringList>
#include <QThreadPool>
#include <memory>

namespace dinoscope {

/// Small pictures of image files, decoded by threads of its own. What is asked for replaces what was asked
/// for before: files scrolled out of sight are not decoded. Keeps 64 MB.
class ThumbnailLoader : public QObject {
    Q_OBJECT

public:
    /// Thumbnails fit into `box`, device pixels.
    explicit ThumbnailLoader(QSize box, QObject* parent = nullptr);
    /// Waits for the files being decoded at this moment.
    ~ThumbnailLoader() override;

    /// Null while it is not there.
    const QImage* find(const QString& file) const { return cache_.object(file); }
    /// Files in the order of their urgency.
    void request(const QStringList& files);
    /// Files asked for that are neither there nor known to be bad.
    int pending() const { return pending_; }

Q_SIGNALS:
    void loaded(const QString& file, const QImage& picture);
    void failed(const QString& file, const QString& sentence);
    void pendingChanged(int pending);

private:
    struct Shared;

    void work(const std::shared_ptr<Shared>& shared);
    void accept(const QString& file, const QImage& picture, const QString& sentence);

    QSize box_;
    std::shared_ptr<Shared> shared_;
    std::shared_ptr<int> alive_;
    QThreadPool pool_;
    QCache<QString, QImage> cache_;  ///< cost in KiB
    QStringList bad_;
    int pending_ = 0;
};

}  // namespace dinoscope
