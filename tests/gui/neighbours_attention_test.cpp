#include <QAction>
#include <QComboBox>
#include <QScopeGuard>
#include <QSemaphore>
#include <QTest>

#include "tests/gui/neighbours_fixture.h"
#include "ui/widgets/picture_card.h"

using namespace dinoscope;

/// The attention that lies over the query and the result beside it.
class NeighboursAttentionTest : public NeighboursFixture {
    Q_OBJECT

private:
    QAction& attention() { return action("actionPairAttention"); }
    QImage seen(const char* card) { return fixture_->find<PictureCard>(card).grab().toImage(); }

    void choose(int row) {
        grid().setCurrentIndex(grid().model()->index(row, 0));
        QVERIFY(fixture_->settle());
    }

    /// The engine's thread is busy until the semaphore is released.
    std::shared_ptr<QSemaphore> holdEngine() {
        auto goOn = std::make_shared<QSemaphore>();
        session().runners().engine.submit({.run = [goOn](JobControl&) { goOn->acquire(); }});
        return goOn;
    }

private Q_SLOTS:
    void initTestCase() { buildGallery(); }
    void init() {
        open();
        // Wide enough for all columns to have what they ask for.
        fixture_->window->resize(1400, 800);
        openGallery();
        ask(0);
    }
    void cleanup() { close(); }
    void cleanupTestCase() { removeGallery(); }

    void itLiesOverQueryAndResultOfTheSameHead() {
        const QImage query = seen("queryCard");
        const QImage result = seen("selectedCard");
        attention().trigger();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        const QImage meanOfQuery = seen("queryCard");
        const QImage meanOfResult = seen("selectedCard");
        QCOMPARE(meanOfQuery.size(), query.size());
        QVERIFY(meanOfQuery != query);
        QVERIFY(meanOfResult != result);

        auto& head = fixture_->find<QComboBox>("pairHead");
        QVERIFY(head.isVisible());
        QVERIFY(head.count() > 2);
        head.setCurrentIndex(2);
        QVERIFY(seen("queryCard") != meanOfQuery);
        QVERIFY(seen("selectedCard") != meanOfResult);
        choose(1);
        QCOMPARE(head.currentIndex(), 2);

        choose(0);
        attention().trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(!head.isVisible());
        QCOMPARE(seen("queryCard"), query);
        QCOMPARE(seen("selectedCard"), result);
    }

    void whatIsLeftIsGivenUpForTheNext() {
        attention().trigger();
        choose(2);
        const QImage expected = seen("selectedCard");
        choose(0);
        QVERIFY(seen("selectedCard") != expected);
        const auto goOn = holdEngine();
        const auto end = qScopeGuard([goOn] { goOn->release(); });
        for (const int row : {1, 2})
            grid().setCurrentIndex(grid().model()->index(row, 0));
        goOn->release();
        QVERIFY(fixture_->settle());
        // That the first of them was given up is nothing that the person did.
        QVERIFY(attention().isChecked());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(seen("selectedCard"), expected);
    }

    void cancellingLeavesThePicturesAsTheyWere() {
        const QImage query = seen("queryCard");
        QVERIFY(!action("actionCancelNeighbours").isEnabled());
        const auto goOn = holdEngine();
        const auto end = qScopeGuard([goOn] { goOn->release(); });
        attention().trigger();
        QVERIFY(action("actionCancelNeighbours").isEnabled());
        action("actionCancelNeighbours").trigger();
        goOn->release();
        QVERIFY(fixture_->settle());
        QVERIFY(!attention().isChecked());
        QVERIFY(!action("actionCancelNeighbours").isEnabled());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(seen("queryCard"), query);
    }

    void anotherModelIsRefusedAndTheGallerysOwnMakesUpForIt() {
        const QImage query = seen("queryCard");
        api::ModelSource other;
        other.arch = "vit_tiny";
        other.patchSize = 16;
        other.seed = 7;
        session().setModel(other);
        QVERIFY(fixture_->settle());
        messageBar().hide();
        attention().trigger();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("vit_tiny")), qPrintable(message()));
        clickRemedy();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(seen("queryCard").size(), query.size());
        QVERIFY(seen("queryCard") != query);
    }

    void itShowsTheColumnThatItLiesIn() {
        action("actionColumn").setChecked(false);
        QVERIFY(!fixture_->find<PictureCard>("queryCard").isVisible());
        attention().trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(fixture_->find<PictureCard>("queryCard").isVisible());
        action("actionEvaluate").trigger();
        QVERIFY(!attention().isEnabled());
    }
};

QTEST_MAIN(NeighboursAttentionTest)
#include "neighbours_attention_test.moc"
