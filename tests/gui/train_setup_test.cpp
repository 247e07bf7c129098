#include <QComboBox>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <algorithm>

#include "tests/gui/train_fixture.h"
#include "ui/bridge/option_form.h"
#include "ui/data_folders.h"
#include "ui/train/crop_section.h"
#include "ui/widgets/contact_sheet.h"
#include "ui/widgets/mini_curve.h"

using namespace dinoscope;

/// The page where a run is set up, as a person fills it.
class TrainSetupTest : public TrainFixture {
    Q_OBJECT

private:
    void type(const char* field, const QString& text) {
        auto& line = find<QLineEdit>(field);
        line.setFocus();
        line.selectAll();
        QTest::keyClicks(&line, text);
        QTest::keyClick(&line, Qt::Key_Return);
    }
    void showTrain() { fixture_->window->setWorkspace(QStringLiteral("train")); }

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { close(); }

    void aFolderIsLookedAtAtOnce() {
        showTrain();
        QVERIFY(!action("actionStartTraining").isEnabled());
        QVERIFY(find<QLabel>("trainWhyNot").text().contains(QStringLiteral("images")));
        QFile::copy(SOURCE_DIR "/README.md", path("images/along/broken.jpg"));
        fixture_->dialogs.folder = path("images");
        click("trainChooseImages");
        QVERIFY(fixture_->settle());
        QCOMPARE(find<QLabel>("trainSummary").text(), QStringLiteral("24 images in 2 classes"));
        QVERIFY(find<QLabel>("trainDetails").text().contains(QStringLiteral("from 40 to 48 px")));
        QVERIFY(find<ContactSheet>("trainSheet").shown() > 0);
        click("trainUnreadable");
        QVERIFY2(fixture_->dialogs.told.contains(QStringLiteral("broken.jpg")),
                 qPrintable(fixture_->dialogs.told));
    }

    void typedFoldersAreReadAsMeant() {
        showTrain();
        QVERIFY(QDir().rename(path("images"), path(".photos.2026")));
        type("trainImages", path(".photos.2026/"));
        QVERIFY(fixture_->settle());
        RunSetup& setup = session().setup();
        QCOMPARE(setup.source(), path(".photos.2026"));
        QVERIFY2(QFileInfo(setup.output()).fileName().startsWith(QStringLiteral(".photos.2026 ")),
                 qPrintable(setup.output()));
        type("trainOutput", QStringLiteral("mine"));
        QCOMPARE(setup.output(), runsFolder() + QStringLiteral("/mine"));
        QCOMPARE(find<QLineEdit>("trainOutput").text(), runsFolder() + QStringLiteral("/mine"));
        // Nothing typed is no images, and no mistake.
        auto& images = find<QLineEdit>("trainImages");
        images.setFocus();
        images.selectAll();
        QTest::keyClick(&images, Qt::Key_Delete);
        QTest::keyClick(&images, Qt::Key_Return);
        QVERIFY(fixture_->settle());
        QVERIFY(setup.source().isEmpty() && !setup.data() && !setup.isScanning());
        QVERIFY(!find<QLabel>("trainImagesProblem").isVisible());
        QVERIFY(find<QLabel>("trainWhyNot").text().startsWith(QStringLiteral("Choose the images")));
    }

    void tooFewImagesForAPresetAreWarnedOf() {
        showTrain();
        workspace().openFolder(path("images"));
        QVERIFY(fixture_->settle());
        const auto& card = find<QLabel>("preset-five-minutes-few");
        QVERIFY(card.isVisible());
        QVERIFY2(card.text().startsWith(QStringLiteral("24 images")), qPrintable(card.text()));
        set("batch-size-per-gpu", "4");
        QVERIFY(fixture_->settle());
        const auto& plan = find<QLabel>("planFewImages");
        QVERIFY(plan.isVisible());
        QCOMPARE(plan.text(),
                 QStringLiteral("24 images make 84 steps: nothing will be learnt below about 1,000."));
    }

    void aFolderWithoutImagesIsRefusedWhereItWasChosen() {
        QDir().mkpath(path("empty"));
        showTrain();
        workspace().openFolder(path("empty"));
        QVERIFY(fixture_->settle());
        QVERIFY(find<QLabel>("trainImagesProblem").isVisible());
        QVERIFY(!action("actionStartTraining").isEnabled());
    }

    void aFieldSaysWhatIsWrongAndNothingStarts() {
        setUp(1);
        type("option-lr", QStringLiteral("fast"));
        QVERIFY(find<QLabel>("problem-lr").isVisible());
        QVERIFY(!session().setup().differs("lr"));
        QVERIFY(!action("actionStartTraining").isEnabled());
        QVERIFY(find<QLabel>("trainWhyNot").text().startsWith(QStringLiteral("Learning rate: ")));
        // It stays said, and typed, whatever else is changed.
        find<QSpinBox>("option-epochs").setValue(2);
        QVERIFY(fixture_->settle());
        QVERIFY(find<QLabel>("problem-lr").isVisible());
        QCOMPARE(find<QLineEdit>("option-lr").text(), QStringLiteral("fast"));
        QVERIFY(!action("actionStartTraining").isEnabled());
        type("option-lr", QStringLiteral("0.001"));
        QVERIFY(fixture_->settle());
        QVERIFY(!find<QLabel>("problem-lr").isVisible());
        QVERIFY(action("actionStartTraining").isEnabled());
        type("option-lr", QStringLiteral("9,9"));
        QVERIFY(!action("actionStartTraining").isEnabled());
        click("reset-lr");
        QVERIFY(fixture_->settle());
        QVERIFY(!find<QLabel>("problem-lr").isVisible());
        QVERIFY(action("actionStartTraining").isEnabled());
    }

    void whatContradictsIsToldAtItsField() {
        setUp(2);
        find<QSpinBox>("option-warmup-epochs").setValue(9);
        QVERIFY(fixture_->settle());
        QVERIFY(find<QLabel>("problem-warmup-epochs").isVisible());
        QVERIFY(!action("actionStartTraining").isEnabled());
        QVERIFY(find<QLabel>("trainWhyNot").text().startsWith(QStringLiteral("Learning rate warm-up: ")));
        click("reset-warmup-epochs");
        QVERIFY(fixture_->settle());
        QVERIFY(!find<QLabel>("problem-warmup-epochs").isVisible());
        QVERIFY(action("actionStartTraining").isEnabled());
    }

    void tooFewImagesForAStepAreToldOnce() {
        showTrain();
        QDir().mkpath(path("one"));
        QVERIFY(QFile::copy(path("images/along/0.png"), path("one/0.png")));
        workspace().openFolder(path("one"));
        QVERIFY(fixture_->settle());
        QCOMPARE(find<QLabel>("trainWhyNot").text(),
                 QStringLiteral(
                     "Batch size: a step takes 32 images, and there is only 1 image; make it smaller."));
    }

    void theFormMarksWhatDiffersFindsAndHidesWhatIsForExperts() {
        showTrain();
        auto& form = find<OptionForm>("trainForm");
        QVERIFY(!find<QWidget>("reset-epochs").isVisible());
        find<QSpinBox>("option-epochs").setValue(7);
        QVERIFY(find<QWidget>("reset-epochs").isVisible());
        QVERIFY(find<QLabel>("formBase").text().contains(QStringLiteral("one changed")));
        click("reset-epochs");
        QCOMPARE(find<QSpinBox>("option-epochs").value(), 14);  // the preset's, not the reference's
        QVERIFY(!find<QWidget>("field-student-temp").isVisible());
        QVERIFY(!find<QLabel>("range-epochs").isVisible());
        form.setExpert(true);
        QVERIFY(find<QWidget>("field-student-temp").isVisible());
        QVERIFY(find<QLabel>("range-epochs").isVisible() && !find<QLabel>("range-epochs").text().isEmpty());
        form.setExpert(false);
        find<QLineEdit>("optionSearch").setText(QStringLiteral("student temp"));
        QVERIFY(find<QWidget>("field-student-temp").isVisible());
        QVERIFY(!find<QWidget>("field-epochs").isVisible());
        // As the reference calls them, and as the command line does.
        for (const char* name : {"student_temp", "--student-temp", "Student_Temp"}) {
            find<QLineEdit>("optionSearch").setText(QLatin1String(name));
            QVERIFY2(find<QWidget>("field-student-temp").isVisible(), name);
        }
        find<QLineEdit>("optionSearch").setText(QStringLiteral("keep_every"));
        QVERIFY(find<QWidget>("field-saveckp-freq").isVisible());
        find<QLineEdit>("optionSearch").setText(QStringLiteral("no such thing"));
        QVERIFY(!find<QWidget>("field-student-temp").isVisible());
    }

    void everyOptionOfARunHasItsField() {
        showTrain();
        for (const OptionSpec& spec : trainOptions().specs()) {
            const QString name = QStringLiteral("field-") + QString::fromStdString(spec.key);
            const bool shown = workspace().findChild<QWidget*>(name) != nullptr;
            const bool elsewhere = spec.key == "data" || spec.key == "threads" ||
                                   trainOptionRole(spec.key) == TrainOptionRole::Action;
            QVERIFY2(shown != elsewhere, qPrintable(name));
        }
    }

    void someOfTheImagesAreLookedAtUnlessOthersAreChosen() {
        setUp(1);
        RunSetup& setup = session().setup();
        const int differences = setup.differences();
        QVERIFY(setup.pinsAreSuggested() && !setup.differs("probe"));
        QCOMPARE(setup.options().paths("probe").size(), std::size_t(4));
        setup.edit("arch", OptionValue(std::string("resnet50")));
        QVERIFY(setup.options().paths("probe").empty());  // it has no attention
        setup.reset("arch");
        setup.edit("probe", OptionValue(std::vector<std::string>{}));
        QVERIFY(!setup.pinsAreSuggested() && setup.options().paths("probe").empty());
        QCOMPARE(setup.differences(), differences + 1);
        // What is dropped comes instead of what was suggested.
        setup.reset("probe");
        workspace().openPictures({fixture_->makePicture(QStringLiteral("cat.png"))});
        QCOMPARE(setup.options().paths("probe").size(), std::size_t(1));
    }

    void aPresetFillsTheForm() {
        showTrain();
        QTest::mouseClick(&find<QWidget>("preset-imagenette-s16"), Qt::LeftButton);
        QCOMPARE(find<QSpinBox>("option-epochs").value(), 200);
        QCOMPARE(find<QComboBox>("option-arch").currentText(), QStringLiteral("vit_small"));
        QVERIFY(find<QLabel>("formBase").text().contains(QStringLiteral("Imagenette")));
        QVERIFY(fixture_->settle());
    }

    void whatIsSeenIsToldToScreenReadersToo() {
        showTrain();
        for (const OptionSpec& spec : trainOptions().specs()) {
            const QString name = QStringLiteral("option-") + QString::fromStdString(spec.key);
            const auto* editor = workspace().findChild<QWidget*>(name);
            if (!editor) continue;
            QVERIFY2(!editor->accessibleName().isEmpty() && editor->accessibleName() != QStringLiteral("On"),
                     qPrintable(name));
            QVERIFY2(!editor->accessibleDescription().isEmpty(), qPrintable(name));
        }
        for (const char* name : {"trainImages", "trainOutput", "optionSearch", "runsFilter", "runProgress"})
            QVERIFY2(!find<QWidget>(name).accessibleName().isEmpty(), name);
        auto& card = find<QWidget>("preset-imagenette-s16");
        QVERIFY(!card.accessibleName().contains(QStringLiteral("chosen")));
        QVERIFY(card.accessibleDescription().contains(QStringLiteral("graphics card")));
        card.setFocus();
        QTest::keyClick(&card, Qt::Key_Enter, Qt::KeypadModifier);
        QVERIFY(card.accessibleName().endsWith(QStringLiteral(", chosen")));
        QVERIFY(fixture_->settle());
    }

    void theContactSheetIsWalkedByKeys() {
        showTrain();
        workspace().openFolder(path("images"));
        QVERIFY(fixture_->settle());
        auto& sheet = find<ContactSheet>("trainSheet");
        QSignalSpy clicked(&sheet, &ContactSheet::clicked);
        QTest::keyClick(&sheet, Qt::Key_Right);
        QTest::keyClick(&sheet, Qt::Key_Right);
        QTest::keyClick(&sheet, Qt::Key_Left);
        QCOMPARE(sheet.current(), 1);
        QTest::keyClick(&sheet, Qt::Key_Return);
        QCOMPARE(clicked.size(), 1);
        QCOMPARE(clicked[0][0].toInt(), 1);
        QTest::keyClick(&sheet, Qt::Key_End);
        QTest::keyClick(&sheet, Qt::Key_Right);
        QCOMPARE(sheet.current(), sheet.shown() - 1);
        QVERIFY(fixture_->settle());
    }

    void cropsAreDrawnAgainAndFollowTheOptions() {
        setUp(1);
        auto* crops = workspace().findChild<CropSection*>();
        QVERIFY(crops && crops->previews());
        QCOMPARE(crops->previews()->views.size(), std::size_t(4));
        const Image before = crops->previews()->views.front().pixels;
        click("cropAgain");
        QVERIFY(fixture_->settle());
        QVERIFY(!(crops->previews()->views.front().pixels == before));
        find<QSpinBox>("option-local-crops-number").setValue(5);
        QVERIFY(fixture_->settle());
        QCOMPARE(crops->previews()->views.size(), std::size_t(7));
    }

    void schedulesAreDrawnBeforeTheStart() {
        setUp(4);
        find<QSpinBox>("option-warmup-epochs").setValue(2);
        QVERIFY(fixture_->settle());
        const std::vector<double>& rates = find<MiniCurve>("scheduleLearningRate").values();
        QVERIFY(rates.size() > 4);
        QCOMPARE(rates.front(), 0.0);
        const auto highest = std::ranges::max_element(rates) - rates.begin();
        QVERIFY(highest > 0 && std::size_t(highest) < rates.size() - 1);
    }

    void theSpeedOfTheMachineIsTriedOnce() {
        showTrain();
        session().setup().setNeverMeasure(false);
        session().setup().measureSpeed();
        QVERIFY(fixture_->settle());
        QVERIFY(session().setup().speed().has_value());
        QVERIFY(find<QLabel>("planTime").text().contains(QStringLiteral("about")));
    }
};

QTEST_MAIN(TrainSetupTest)
#include "train_setup_test.moc"
