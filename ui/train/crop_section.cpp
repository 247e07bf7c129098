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

QColor boxColour(std::size_t view, std::size_t views) {
    return QColor::fromHsl(int(360 * view / std::max<std::size_t>(views, 1)), 200, isDarkTheme() ? 160 : 110);
}

}  // namespace

/// The image with a frame for each view, then the views: the global ones as high as the image, the local ones
/// in two lines.
class CropSection::View : public QWidget {
public:
    View() {
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
        const double scale = std::min(double(height()) / image_.height(), 0.32 * width() / image_.width());
        const QRectF frame(0, 0, image_.width() * scale, image_.height() * scale);
        painter.drawImage(frame, image_);
        double left = frame.right() + 2 * kGap;
        const double small = (height() - kGap) / 2.0;
        int locals = 0;
        for (std::size_t i = 0; i < views_.size(); ++i) {
            const Shown& view = views_[i];
            const QColor colour = boxColour(i, views_.size());
            painter.setPen(QPen(colour, view.global ? 2 : 1.5));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(QRectF(view.box.topLeft() * scale, view.box.size() * scale));
            const double side = view.global ? height() : small;
            const bool below = !view.global && locals++ % 2 == 1;
            const QRectF place(left, below ? small + kGap : 0, side, side);
            if (place.right() > width()) break;  // a narrow window shows the first ones
            painter.drawImage(place, view.picture);
            painter.drawRect(place.adjusted(1, 1, -1, -1));
            if (view.global || below) left = place.right() + kGap;
        }
    }

private:
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
    text_->setText(tr("%1: %2 global crops, which teacher and student see, and %3 local ones for the student "
                      "alone. A click on a picture above shows its crops.")
                       .arg(QFileInfo(file_).fileName())
                       .arg(globals)
                       .arg(locals));
}

}  // namespace dinoscope
