#pragma once

#include <QCache>
#include <QImage>
#include <QObject>
#include <QSet>
#include <QSize>
#include <QStringList>
#include <QThreadPool>
#include <functional>
#include <memory>

#include "engine/api/images.h"

namespace dinoscope {

/// Small pictures of image files, or of whatever a reader finds under a key, decoded by threads of its own.
/// What is asked for replaces what was asked for before: what was scrolled out of sight is not decoded. Keeps
/// 64 MB.
class ThumbnailLoader : public QObject {
    Q_OBJECT

public:
    /// Runs on the loader's threads; throws Error where there is no picture.
    using Reader = std::function<Image(const QString& key)>;

    /// Thumbnails fit into `box`, device pixels.
    explicit ThumbnailLoader(QSize box, QObject* parent = nullptr);
    /// Forgets all that is there and reads by this from now on; what is being decoded goes nowhere. A null
    /// reader takes keys for files.
    void setReader(Reader reader);
    /// Waits for the files being decoded at this moment.
    ~ThumbnailLoader() override;

    /// Null while it is not there.
    const QImage* find(const QString& file) const { return cache_.object(file); }
    bool isBad(const QString& file) const { return bad_.contains(file); }
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
    void accept(const QString& file, int generation, const QImage& picture, const QString& sentence);

    QSize box_;
    std::shared_ptr<Shared> shared_;
    std::shared_ptr<int> alive_;
    QThreadPool pool_;
    QCache<QString, QImage> cache_;  ///< cost in KiB
    QSet<QString> bad_;
    int pending_ = 0;
};

}  // namespace dinoscope
