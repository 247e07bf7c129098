#include "ui/bridge/thumbnail_loader.h"

#include <QCoreApplication>
#include <algorithm>
#include <deque>
#include <mutex>

#include "engine/api/core.h"
#include "engine/api/images.h"
#include "engine/api/runtime.h"
#include "ui/bridge/image_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/widgets/image_pyramid.h"

namespace dinoscope {

namespace {

constexpr int kCacheKiB = 64 * 1024;
constexpr int kThreads = 2;

}  // namespace

/// What the pool's threads and the GUI's share.
struct ThumbnailLoader::Shared {
    std::mutex mutex;
    std::deque<QString> wanted;
    QStringList inWork;
    int workers = 0;
    Reader reader;
    int generation = 0;  ///< of the reader
};

ThumbnailLoader::ThumbnailLoader(QSize box, QObject* parent)
    : QObject(parent),
      box_(box),
      shared_(std::make_shared<Shared>()),
      alive_(std::make_shared<int>(0)),
      cache_(kCacheKiB) {
    pool_.setMaxThreadCount(kThreads);
}

ThumbnailLoader::~ThumbnailLoader() {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->wanted.clear();
    }
    pool_.waitForDone();
}

void ThumbnailLoader::setReader(Reader reader) {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->wanted.clear();
        shared_->inWork.clear();
        shared_->reader = std::move(reader);
        ++shared_->generation;
    }
    cache_.clear();
    bad_.clear();
    pending_ = 0;
    Q_EMIT pendingChanged(pending_);
}

void ThumbnailLoader::request(const QStringList& files) {
    int starting = 0;
    const int before = pending_;
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->wanted.clear();
        for (const QString& file : files) {
            if (cache_.contains(file) || bad_.contains(file) || shared_->inWork.contains(file)) continue;
            shared_->wanted.push_back(file);
        }
        pending_ = int(shared_->wanted.size()) + int(shared_->inWork.size());
        starting = std::min(kThreads, int(shared_->wanted.size())) - shared_->workers;
        shared_->workers += std::max(0, starting);
    }
    for (int i = 0; i < starting; ++i) {
        pool_.start([this, shared = shared_] { work(shared); });
    }
    if (pending_ != before) Q_EMIT pendingChanged(pending_);
}

void ThumbnailLoader::work(const std::shared_ptr<Shared>& shared) {
    api::prepareThread(1);
    while (true) {
        QString file;
        Reader reader;
        int generation = 0;
        {
            const std::lock_guard lock(shared->mutex);
            if (shared->wanted.empty()) {
                --shared->workers;
                return;
            }
            file = shared->wanted.front();
            shared->wanted.pop_front();
            shared->inWork.push_back(file);
            reader = shared->reader;
            generation = shared->generation;
        }
        QImage picture;
        QString sentence;
        try {
            auto image = std::make_shared<const Image>(reader ? reader(file) : decodeImage(filePath(file)));
            picture = ImagePyramid(viewOf(std::move(image))).scaledToFit(box_);
        } catch (...) {
            sentence = QString::fromStdString(currentError().what());
        }
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [this, guard = std::weak_ptr<int>(alive_), file, generation, picture, sentence] {
                if (guard.lock()) accept(file, generation, picture, sentence);
            },
            Qt::QueuedConnection);
    }
}

void ThumbnailLoader::accept(const QString& file, int generation, const QImage& picture,
                             const QString& sentence) {
    {
        const std::lock_guard lock(shared_->mutex);
        if (generation != shared_->generation) return;
        shared_->inWork.removeOne(file);
        pending_ = int(shared_->wanted.size()) + int(shared_->inWork.size());
    }
    if (picture.isNull()) {
        bad_.insert(file);
        Q_EMIT failed(file, sentence);
    } else {
        cache_.insert(file, new QImage(picture), std::max(1, int(picture.sizeInBytes() / 1024)));
        Q_EMIT loaded(file, picture);
    }
    Q_EMIT pendingChanged(pending_);
}

}  // namespace dinoscope
