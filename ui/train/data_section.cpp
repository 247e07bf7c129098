#include "ui/train/data_section.h"

#include <QDir>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/bridge/thumbnail_loader.h"
#include "ui/dialogs.h"
#include "ui/train/run_setup.h"
#include "ui/train/train_text.h"
#include "ui/widgets/contact_sheet.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kPicture = 56;
constexpr int kRows = 2;
constexpr std::size_t kClassesTold = 40;

QSize thumbnailBox() {
    const int side = int(2 * kPicture * qGuiApp->devicePixelRatio());  // the shorter side fills the square
    return {side, side};
}

}  // namespace

DataSection::DataSection(RunSetup& setup, Dialogs& dialogs, QWidget* parent)
    : QWidget(parent), setup_(setup), loader_(new ThumbnailLoader(thumbnailBox(), this)) {
    path_ = new QLineEdit;
    path_->setObjectName(QStringLiteral("trainImages"));
    path_->setPlaceholderText(tr("Drop a folder of images here, or choose one"));
    path_->setAccessibleName(tr("Images to learn from"));
    connect(path_, &QLineEdit::editingFinished, this, [this] {
        const bool typed = path_->isModified();
        path_->setModified(false);  // what it means is shown instead
        if (typed) setup_.setSource(typedPath(path_->text()));
    });
    auto* choose = new QPushButton(tr("Choose folder…"));
    choose->setObjectName(QStringLiteral("trainChooseImages"));
    connect(choose, &QPushButton::clicked, this, [this, &dialogs] { browse(dialogs); });
    summary_ = new QLabel;
    summary_->setObjectName(QStringLiteral("trainSummary"));
    summary_->setProperty("look", "title");
    details_ = new QLabel;
    details_->setObjectName(QStringLiteral("trainDetails"));
    details_->setProperty("look", "muted");
    details_->setWordWrap(true);
    problem_ = new QLabel;
    problem_->setObjectName(QStringLiteral("trainImagesProblem"));
    problem_->setProperty("look", "problem");
    problem_->setWordWrap(true);
    unreadable_ = new QPushButton;
    unreadable_->setObjectName(QStringLiteral("trainUnreadable"));
    connect(unreadable_, &QPushButton::clicked, this, [this, &dialogs] { tellUnreadable(dialogs); });
    sheet_ = new ContactSheet(kPicture, kRows);
    sheet_->setObjectName(QStringLiteral("trainSheet"));
    sheet_->setAccessibleName(tr("Some of the images"));
    auto* field = new QHBoxLayout;
    field->setSpacing(kStep);
    field->addWidget(path_, 1);
    field->addWidget(choose);
    auto* told = new QHBoxLayout;
    told->setSpacing(kStep);
    told->addWidget(summary_);
    told->addWidget(details_, 1);
    told->addWidget(unreadable_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(kStep);
    column->addLayout(field);
    column->addWidget(problem_);
    column->addLayout(told);
    column->addWidget(sheet_);
    connect(&setup_, &RunSetup::dataChanged, this, &DataSection::refresh);
    connect(loader_, &ThumbnailLoader::pendingChanged, this, &DataSection::activityChanged);
    connect(loader_, &ThumbnailLoader::loaded, this, [this](const QString& file, const QImage& picture) {
        sheet_->setPicture(int(files_.indexOf(file)), picture);
    });
    connect(sheet_, &ContactSheet::clicked, this, [this](int index) { Q_EMIT chosen(files_.value(index)); });
    refresh();
}

bool DataSection::isSettled() const {
    return loader_->pending() == 0;
}

void DataSection::browse(Dialogs& dialogs) {
    dialogs.chooseFolder(this, tr("Images to learn from"), setup_.source(), [this](const QString& folder) {
        if (!folder.isEmpty()) setup_.setSource(folder);
    });
}

void DataSection::refresh() {
    const auto& images = setup_.data();
    if (!path_->isModified()) path_->setText(QDir::toNativeSeparators(setup_.source()));
    problem_->setText(setup_.dataProblem());
    problem_->setVisible(!setup_.dataProblem().isEmpty());
    const bool found = images && !setup_.isScanning();
    summary_->setVisible(found || setup_.isScanning());
    details_->setVisible(found);
    unreadable_->setVisible(found && images->unreadable > 0);
    sheet_->setVisible(found);
    if (setup_.isScanning()) summary_->setText(tr("Looking at the images…"));
    QStringList files;
    if (found) {
        summary_->setText(dataText(*images));
        details_->setText(sidesText(*images));
        QStringList classes;
        for (const auto& each : images->classes) {
            if (std::size_t(classes.size()) == kClassesTold) {
                classes << tr("and %1 more").arg(images->classes.size() - kClassesTold);
                break;
            }
            classes << tr("%1: %2").arg(pathText(each.name), countText(each.images));
        }
        summary_->setToolTip(classes.join(QLatin1Char('\n')));
        unreadable_->setText(images->unreadable == 1
                                 ? tr("1 file cannot be read…")
                                 : tr("%1 files cannot be read…").arg(countText(images->unreadable)));
        for (const auto& sample : images->samples)
            files << pathText(sample);
    }
    if (files == files_) return;
    files_ = files;
    QStringList names;
    for (const QString& file : files_)
        names << QFileInfo(file).fileName();
    sheet_->setCount(int(files_.size()));
    sheet_->setToolTips(names);
    loader_->request(files_);
}

void DataSection::tellUnreadable(Dialogs& dialogs) {
    if (!setup_.data()) return;
    QString rows;
    for (const std::string& name : setup_.data()->unreadableNames)
        rows += pathText(name).toHtmlEscaped() + QStringLiteral("<br>");
    dialogs.tell(window(), tr("Files that cannot be read"),
                 tr("<p>They are left out of the training.</p><p>%1</p>").arg(rows));
}

}  // namespace dinoscope
