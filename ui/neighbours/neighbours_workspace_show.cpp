// How the session's state is put into the widgets.
#include <QAction>
#include <QFileInfo>
#include <QStackedWidget>

#include "engine/api/images.h"
#include "ui/bridge/image_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/neighbours/build_bar.h"
#include "ui/neighbours/compare_column.h"
#include "ui/neighbours/duplicates_page.h"
#include "ui/neighbours/evaluate_page.h"
#include "ui/neighbours/gallery_section.h"
#include "ui/neighbours/item_model.h"
#include "ui/neighbours/neighbours_text.h"
#include "ui/neighbours/neighbours_workspace.h"
#include "ui/neighbours/pair_attention.h"
#include "ui/neighbours/results_section.h"
#include "ui/neighbours/start_page.h"
#include "ui/neighbours/vote_section.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/image_pyramid.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/side_panel.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

namespace {

constexpr QSize kLarge(720, 720);

QImage largePicture(const api::Gallery& gallery, std::int64_t item) {
    try {
        return ImagePyramid(viewOf(std::make_shared<const Image>(decodeImage(gallery.path(item)))))
            .scaledToFit(kLarge);
    } catch (const Error&) {
        return {};  // the thumbnail stays
    }
}

}  // namespace

void NeighboursWorkspace::showGallery() {
    const auto gallery = session_.gallery();
    items_->setGallery(gallery);
    duplicates_->setGallery(gallery);
    galleryFacts_->setGallery(gallery ? &gallery->info() : nullptr);
    shownItem_ = -1;
    if (!gallery) {
        galleryName_->setText(tr("No gallery"));
        return;
    }
    galleries_.add(pathText(gallery->info().folder));
    galleryName_->setText(galleryTitle(gallery->info()));
    galleryName_->setToolTip(pathText(gallery->info().folder));
    results_->setItems(gallery->size());
    votes_->setHues(labelHues(gallery->info().labels));
    setDocumentName(QFileInfo(pathText(gallery->info().folder)).fileName());
}

void NeighboursWorkspace::showPlace() {
    const auto gallery = session_.gallery();
    const BrowsePlace& place = session_.place();
    column_->setQuery(place.query, gallery.get());
    column_->setQueryPicture(place.preview);
    attention_->setPicture(PairAttention::Side::Query, place.query);
    if (place.query.any()) {
        items_->showEntries({});
    } else {
        items_->showAll();
        if (place.currentRow >= 0) itemGrid_->setCurrentIndex(items_->index(place.currentRow));
    }
    if (!place.query.any())
        itemGrid_->scrollTo(itemGrid_->currentIndex(), QAbstractItemView::PositionAtCenter);
    showSelection();
    showStatus();
}

/// What was selected stays so where it is still shown: a slider must not make one lose one's place.
void NeighboursWorkspace::showResults() {
    if (!session_.place().query.any()) return;
    const std::int64_t selected =
        itemGrid_->currentIndex().isValid() ? items_->itemAt(itemGrid_->currentIndex().row()) : -1;
    items_->showNeighbours(session_.shownResults());
    int row = items_->rowOf(selected);
    if (row < 0) row = std::min(std::max(0, session_.place().currentRow), items_->rowCount() - 1);
    if (row >= 0) {
        itemGrid_->setCurrentIndex(items_->index(row));
        itemGrid_->scrollTo(items_->index(row));
    }
    showState();
}

void NeighboursWorkspace::showVotes() {
    const auto gallery = session_.gallery();
    QString hint = tr("Ask for a picture to see its classes' votes.");
    if (gallery && gallery->info().labels.empty()) {
        hint = tr("This gallery has no classes: its pictures lie in no class folders.");
    }
    votes_->setVotes(session_.votes(), hint);
}

NeighboursState NeighboursWorkspace::state() const {
    NeighboursState state = session_.state();
    state.page = page_;
    state.selected = int(selectedItems().size());
    state.attending = attention_->isComputing();
    state.comparing = duplicates_->isFinding();
    state.evaluating = evaluate_->isRunning();
    state.exporting = exporting_;
    return state;
}

void NeighboursWorkspace::showState() {
    const NeighboursState now = state();
    const NeighboursControls controls = controlsFor(now);
    actions_->setControls(controls);
    actions_->setPage(page_);
    results_->setControls(controls);
    duplicates_->setControls(controls);
    evaluate_->setControls(controls);
    buildBar_->setBuild(session_.building() ? &*session_.building() : nullptr);
    QWidget* face = start_;
    if (page_ == NeighboursPage::Evaluate) face = evaluate_;
    if (page_ == NeighboursPage::Duplicates && now.gallery) face = duplicates_;
    if (page_ == NeighboursPage::Browse && now.gallery) face = itemGrid_->parentWidget();
    stack_->setCurrentWidget(face);
    if (hasFocus()) focusPictures();
    column_->setVisible(actions_->column->isChecked() && controls.column);
    panel_->setVisible(actions_->panel->isChecked() && controls.panel);
    attention_->setOn(actions_->attention->isChecked() && actions_->column->isChecked() &&
                      controls.attention);
    attention_->compute();
    showVotes();
    showCard();
    showStatus();
}

/// Keys are for the pictures, wherever there are some.
void NeighboursWorkspace::focusPictures() {
    if (grid().isVisible()) grid().setFocus();
}

void NeighboursWorkspace::focusInEvent(QFocusEvent* event) {
    Workspace::focusInEvent(event);
    focusPictures();
}

void NeighboursWorkspace::showPage(NeighboursPage page) {
    page_ = page;
    showState();
    showPlacement();
    showSelection();
    if (page != NeighboursPage::Evaluate) focusPictures();
}

void NeighboursWorkspace::showSelection() {
    const auto gallery = session_.gallery();
    const std::int64_t item = currentItem();
    const int row = grid().currentIndex().isValid() ? grid().currentIndex().row() : -1;
    if (page_ == NeighboursPage::Browse && row >= 0) session_.rememberRow(row);
    if (!gallery || item < 0) {
        column_->setSelected(tr("None selected"), {});
        column_->setSelectedPicture({});
        attention_->setPicture(PairAttention::Side::Result, {});
        shownItem_ = -1;
    } else {
        const api::GalleryItem& facts = gallery->item(item);
        QStringList second;
        if (!facts.label.empty()) second << QString::fromStdString(facts.label);
        const float similarity = model().similarityAt(row);
        if (similarity >= -1) second << similarityText(similarity);
        column_->setSelected(QFileInfo(pathText(facts.name)).fileName(), second.join(QStringLiteral("   ")));
        if (item != shownItem_) requestSelectedPicture(item);
    }
    const NeighboursControls controls = controlsFor(state());
    actions_->setControls(controls);
    showStatus();
}

/// The thumbnail at once, the picture itself as soon as it is read.
void NeighboursWorkspace::requestSelectedPicture(std::int64_t item) {
    shownItem_ = item;
    const auto thumbnail = grid().currentIndex().data(ThumbnailGrid::PictureRole).value<QImage>();
    column_->setSelectedPicture(thumbnail);
    auto picture = std::make_shared<QImage>();
    JobBridge::Task task;
    task.slot = "selected";
    task.run = [picture, gallery = session_.gallery(), item](JobControl&) {
        *picture = largePicture(*gallery, item);
    };
    task.done = [this, picture, item, gallery = session_.gallery()](const JobResult& result) {
        if (result.outcome != JobOutcome::Done || item != shownItem_ || gallery != session_.gallery()) return;
        if (!picture->isNull()) {
            column_->setSelectedPicture(*picture);
        } else {
            // It may have come meanwhile.
            column_->setSelectedPicture(
                grid().currentIndex().data(ThumbnailGrid::PictureRole).value<QImage>());
        }
    };
    session_.jobs().submit(session_.runners().files, std::move(task));
    NeighbourQuery result;
    result.item = item;
    attention_->setPicture(PairAttention::Side::Result, result);
    attention_->compute();
}

void NeighboursWorkspace::showAttention() {
    column_->setAttention(attention_->shown(PairAttention::Side::Query),
                          attention_->shown(PairAttention::Side::Result));
    actions_->setControls(controlsFor(state()));
}

void NeighboursWorkspace::showProgress(const JobBridge::Shown& shown) {
    progress_ = shown;
    showCard();
}

/// One card: what runs goes before what is to be said about an empty page.
void NeighboursWorkspace::showCard() {
    const NeighboursState now = state();
    if (!progress_.title.isEmpty()) {
        QString text = progress_.title;
        if (progress_.waiting) {
            text += tr(": %1").arg(waitingText());
        } else if (progress_.progress.total > 0) {
            text += tr(": %1").arg(progressText(progress_.progress, false));
        }
        card_->showProgress(text, progress_.progress.done, progress_.progress.total, tr("Cancel"));
    } else if (page_ == NeighboursPage::Browse && now.gallery && now.query && !now.computing &&
               now.results == 0 && now.searched) {
        card_->showNote(session_.results().empty()
                            ? tr("There is no other picture in this gallery.")
                            : tr("Nothing is that similar: the most similar one has %1.")
                                  .arg(similarityText(session_.results().front().similarity)));
    } else {
        card_->hide();
    }
}

QString NeighboursWorkspace::statusFor(const NeighboursState& now) const {
    const auto gallery = session_.gallery();
    const NeighbourQuery& query = session_.place().query;
    if (page_ == NeighboursPage::Evaluate) return evaluate_->statusText();
    if (!gallery) {
        if (query.any()) {
            return tr("Open or build a gallery to see what looks like %1").arg(queryName(query, nullptr));
        }
        return tr("Open or build a gallery to begin");
    }
    if (page_ == NeighboursPage::Duplicates) return duplicates_->statusText();
    if (!query.any()) {
        return tr("%1; Enter on one looks for what is like it").arg(picturesText(gallery->size()));
    }
    const QString name = queryName(query, gallery.get());
    if (now.computing) return tr("Looking for what is like %1").arg(name);
    // A failure is told in the message bar.
    if (!now.searched) return tr("What is like %1 was not found out").arg(name);
    if (now.results == 0) return tr("Nothing that similar to %1").arg(name);
    const std::vector<Neighbour>& results = session_.results();
    const double milliseconds = session_.searchSeconds() * 1000;
    return tr("%1 like %2, similarity %3 to %4   found in %5 ms")
        .arg(picturesText(now.results), name, similarityText(results.front().similarity),
             similarityText(results[std::size_t(now.results) - 1].similarity))
        .arg(milliseconds < 0.1 ? tr("under 0.1") : QString::number(milliseconds, 'f', 1));
}

/// The gallery's model, and where queries are computed with it. An evaluation has a model of its own.
void NeighboursWorkspace::showPlacement() {
    const auto& model = session_.queryModel();
    if (!session_.gallery() || !model || page_ == NeighboursPage::Evaluate) {
        setPlacement({}, {});
    } else {
        setPlacement(QStringLiteral("%1 · %2").arg(model->title, placementText(model->placement)),
                     model->device);
    }
}

void NeighboursWorkspace::showStatus() {
    const NeighboursState now = state();
    setStatus(statusFor(now));
    QString summary;
    if (now.gallery && now.query) {
        summary = tr("%1 of %2 shown").arg(countText(now.results), picturesText(session_.gallery()->size()));
    }
    results_->setSummary(summary);
}

}  // namespace dinoscope
