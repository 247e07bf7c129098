#include "ui/train/crop_section.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/bridge/image_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/runners.h"
#include "ui/bridge/texts.h"
#include "ui/theme.h"
#include "ui/train/run_setup.h"
#include "ui/train/train_text.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kHeight = 184;
constexpr int kGap = 2 * kHalfStep;
constexpr double kImageShare = 0.32;  // of the width, at most
constexpr int kMostLines = 40;        // of a pixel or two: what is wanted ends long before

QColor boxColour(std::size_t view, std::size_t views) {
    return QColor::fromHsl(int(360 * view / std::max<std::size_t>(views, 1)), 200, isDarkTheme() ? 160 : 110);
}

/// In so many lines, each of a global view or of two local ones above each other; empty where they do not
/// suffice.
std::vector<QRectF> placesIn(const std::vector<bool>& globals, const QRectF& room, int lines) {
    const double high = (room.height() - (lines - 1) * kGap) / lines;
    const double gap = std::min<double>(kGap, high / 4);
    const double small = (high - gap) / 2;
    std::vector<QRectF> places;
    double left = room.left();
    int line = 0;
    bool below = false;  // the next local one, under the one before
    for (const bool global : globals) {
        const double side = global ? high : small;
        if (global && below) {
            left += small + gap;
            below = false;
        }
        if (!below && left + side > room.right()) {
            left = room.left();
            if (++line == lines || side > room.width()) return {};
        }
        const double top = room.top() + line * (high + kGap);
        places.emplace_back(left, below ? top + small + gap : top, side, side);
        if (global || below) left += side + gap;
        below = !global && !below;
    }
    return places;
}

}  // namespace

std::vector<QRectF> cropPlaces(const std::vector<bool>& globals, const QRectF& room) {
    for (int lines = 1; lines <= kMostLines && lines * kGap < room.height(); ++lines) {
        std::vector<QRectF> places = placesIn(globals, room, lines);
        if (places.size() == globals.size()) return places;
    }
    return {};
}

/// The image with a frame for each view, then the views: as high as the image, or smaller in several lines
/// where there is no room beside it.
class CropSection::View : public QWidget {
public:
    View() {
        setObjectName(QStringLiteral("cropView"));
        setFixedHeight(kHeight);
        setAccessibleName(CropSection::tr("The image and its crops"));
    }

    void setPreviews(const std::shared_ptr<const api::CropPreviews>& previews) {
        views_.clear();
        image_ = previews ? viewOf(std::make_shared<const Image>(previews->image)) : QImage();
        if (previews) {
            for (const api::CropPreview& view : previews->views) {
                views_.push_back({viewOf(std::make_shared<const Image>(view.pixels)),
                                  QRectF(view.left, view.top, view.width, view.height), view.global});
            }
        }
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override {
        if (image_.isNull()) return;
        QPainter painter(this);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.setRenderHint(QPainter::Antialiasing);
        const double scale =
            std::min(double(height()) / image_.height(), kImageShare * width() / image_.width());
        const QRectF frame(0, 0, image_.width() * scale, image_.height() * scale);
        painter.drawImage(frame, image_);
        const std::vector<QRectF> places = placesBeside(frame);
        for (std::size_t i = 0; i < views_.size(); ++i) {
            const Shown& view = views_[i];
            const QColor colour = boxColour(i, views_.size());
            painter.setPen(QPen(colour, view.global ? 2 : 1.5));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(QRectF(view.box.topLeft() * scale, view.box.size() * scale));
            if (i >= places.size()) continue;  // no room at all beside the image
            painter.drawImage(places[i], view.picture);
            painter.drawRect(places[i].adjusted(1, 1, -1, -1));
        }
    }

private:
    std::vector<QRectF> placesBeside(const QRectF& frame) const {
        std::vector<bool> globals;
        for (const Shown& view : views_)
            globals.push_back(view.global);
        const double left = frame.right() + 2 * kGap;
        return cropPlaces(globals, QRectF(left, 0, width() - left, height()));
    }

    struct Shown {
        QImage picture;
        QRectF box;
        bool global;
    };

    QImage image_;
    std::vector<Shown> views_;
};

CropSection::CropSection(RunSetup& setup, const Runners& runners, QWidget* parent)
    : QWidget(parent), setup_(setup), runner_(runners.files), view_(new View) {
    text_ = new QLabel;
    text_->setObjectName(QStringLiteral("cropText"));
    text_->setProperty("look", "muted");
    text_->setWordWrap(true);
    again_ = new QPushButton(tr("Draw again"));
    again_->setObjectName(QStringLiteral("cropAgain"));
    again_->setIcon(themeIcon(QStringLiteral("refresh")));
    again_->setToolTip(tr("Other crops of the same image, as the next epoch would have them"));
    connect(again_, &QPushButton::clicked, this, [this] {
        ++roll_;
        request();
    });
    auto* line = new QHBoxLayout;
    line->addWidget(text_, 1);
    line->addWidget(again_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kStep);
    column->addLayout(line);
    column->addWidget(view_);
    connect(&setup_, &RunSetup::dataChanged, this, [this] {
        const auto& images = setup_.data();
        setPicture(images && !images->samples.empty() ? pathText(images->samples.front()) : QString());
    });
    connect(&setup_, &RunSetup::optionsChanged, this, &CropSection::request);
    connect(&setup_, &RunSetup::baseChanged, this, &CropSection::request);
    connect(&jobs_, &JobBridge::pendingChanged, this, &CropSection::activityChanged);
    request();
}

void CropSection::setPicture(const QString& file) {
    if (file == file_) return;
    file_ = file;
    request();
}

void CropSection::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    request();
}

void CropSection::request() {
    again_->setEnabled(!file_.isEmpty());
    if (file_.isEmpty()) {
        accept(nullptr);
        text_->setText(tr("Once there are images, the crops of one of them are shown here."));
        return;
    }
    if (!isVisible()) return;
    auto found = std::make_shared<std::shared_ptr<const api::CropPreviews>>();
    JobBridge::Task task;
    task.slot = "crops";
    task.run = [found, options = setup_.options(), file = file_, roll = roll_](JobControl&) {
        *found = std::make_shared<const api::CropPreviews>(api::previewCrops(options, filePath(file), roll));
    };
    task.done = [this, found](const JobResult& result) {
        if (result.outcome == JobOutcome::Done) accept(*found);
        if (result.outcome == JobOutcome::Failed) {
            accept(nullptr);
            text_->setText(inWords(sentenceOf(*result.error)));
        }
    };
    jobs_.submit(runner_, std::move(task));
}

void CropSection::accept(std::shared_ptr<const api::CropPreviews> previews) {
    previews_ = std::move(previews);
    view_->setPreviews(previews_);
    if (!previews_) return;
    const auto globals = std::ranges::count_if(previews_->views, &api::CropPreview::global);
    const auto locals = std::ptrdiff_t(previews_->views.size()) - globals;
    QString crops = tr("%1 global crops, which teacher and student see").arg(globals);
    if (locals == 1) crops += tr(", and a local one for the student alone");
    if (locals > 1) crops += tr(", and %1 local ones for the student alone").arg(locals);
    text_->setText(
        tr("%1: %2. A click on a picture above shows its crops.").arg(QFileInfo(file_).fileName(), crops));
}

}  // namespace dinoscope
