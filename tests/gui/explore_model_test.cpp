#include <QAction>
#include <QComboBox>
#include <QCryptographicHash>
#include <QFile>
#include <QFormLayout>
#include <QLabel>
#include <QMap>
#include <QPushButton>
#include <QTest>
#include <QToolButton>
#include <fstream>

#include "engine/nn/resnet_shapes.h"
#include "engine/nn/vit_config.h"
#include "tests/gui/explore_fixture.h"
#include "ui/explore/model_section.h"
#include "ui/heads_dialog.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/head_grid.h"

using namespace dinoscope;

namespace {

const auto kBackbone = QStringLiteral(GOLDEN_DIR "/families/mae_encoder.pth");  // 32 wide, of 2 heads
const auto kOwnHeads = QStringLiteral(GOLDEN_DIR "/weights/bf16.safetensors");

/// A network whose numbers are all alike, as safetensors.
void writeAlike(const QString& file, const std::map<std::string, std::vector<std::int64_t>>& shapes) {
    QByteArray header = "{";
    std::int64_t offset = 0;
    for (const auto& [name, shape] : shapes) {
        QByteArrayList sides;
        std::int64_t count = 1;
        for (const std::int64_t side : shape) {
            sides << QByteArray::number(qlonglong(side));
            count *= side;
        }
        if (offset > 0) header += ',';
        header += "\"" + QByteArray::fromStdString(name) + "\":{\"dtype\":\"F32\",\"shape\":[" +
                  sides.join(',') + "],\"data_offsets\":[" + QByteArray::number(qlonglong(offset)) + ',' +
                  QByteArray::number(qlonglong(offset + 4 * count)) + "]}";
        offset += 4 * count;
    }
    header += '}';
    std::ofstream stream(file.toStdString(), std::ios::binary);
    const auto size = quint64(header.size());
    stream.write(reinterpret_cast<const char*>(&size), sizeof(size));
    stream.write(header.constData(), header.size());
    const std::vector<float> alike(std::size_t(offset / 4), 0.01F);
    stream.write(reinterpret_cast<const char*>(alike.data()), std::streamsize(offset));
    QVERIFY(stream.good());
}

}  // namespace

class ExploreModelTest : public ExploreFixture {
    Q_OBJECT

private:
    HeadsDialog* question() { return fixture_->window->findChild<HeadsDialog*>(); }

    void openWeights(const QString& file) {
        fixture_->window->openPaths({file});
        QVERIFY(fixture_->settle());
    }

    void openGolden(const QString& file, int heads) {
        api::ModelSource source;
        source.weights = file.toStdString();
        source.headsPerLayer = heads;
        fixture_->window->openModel(source);
        QVERIFY(fixture_->settle());
    }

    /// What the model's panel tells, a row each.
    QMap<QString, QString> facts() {
        QMap<QString, QString> found;
        const auto* section = fixture_->window->findChild<ModelSection*>();
        for (const QFormLayout* rows : section->findChildren<QFormLayout*>()) {
            for (int row = 0; row < rows->rowCount(); ++row) {
                const auto* name = qobject_cast<QLabel*>(rows->itemAt(row, QFormLayout::LabelRole)->widget());
                QWidget* field = rows->itemAt(row, QFormLayout::FieldRole)->widget();
                const auto* label = qobject_cast<QLabel*>(field);
                const auto* elided = qobject_cast<ElidedLabel*>(field);
                found[name->text()] = label ? label->text() : elided ? elided->text() : QString();
            }
        }
        return found;
    }

    QString toolTipOf(const QString& fact) {
        for (const QLabel* label : fixture_->window->findChild<ModelSection*>()->findChildren<QLabel*>()) {
            if (label->text() == fact) return label->toolTip();
        }
        return {};
    }

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { close(); }

    void theNumberOfHeadsIsAskedForWhereTheFileDoesNotTell() {
        openPicture();
        openWeights(kBackbone);
        QVERIFY(question() && question()->isVisible());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        auto& choice = fixture_->find<QComboBox>("headsChoice");
        QList<int> candidates;
        for (int i = 0; i < choice.count(); ++i)
            candidates << choice.itemData(i).toInt();
        QCOMPARE(candidates, (QList<int>{1, 2}));
        QCOMPARE(choice.itemText(1), QStringLiteral("2 heads, each 16 wide"));
        choice.setCurrentIndex(1);
        QTest::mouseClick(&fixture_->find<QPushButton>("headsAccept"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(fixture_->session().model()->info().heads, 2);
        QCOMPARE(fixture_->session().attentionView().model.headsPerLayer, 2);
        QCOMPARE(fixture_->session().map().heads, 2);
        QVERIFY(canvas().hasOverlay());
    }

    void whoeverDoesNotKnowKeepsTheFormerModel() {
        openPicture();
        const api::Model* before = fixture_->session().model();
        openWeights(kBackbone);
        QVERIFY(question());
        question()->reject();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(fixture_->session().model(), before);
        QVERIFY(canvas().hasOverlay());
    }

    void withoutAModelThereIsASentenceInstead() {
        openWeights(kBackbone);
        QVERIFY(question());
        question()->reject();
        QVERIFY2(message().contains(QStringLiteral("--heads-per-layer")), qPrintable(message()));
    }

    void whereNobodyIsThereItIsAFailure() {
        fixture_->session().setNeverAsk(true);
        openWeights(kBackbone);
        QVERIFY(!question());
        QVERIFY2(message().contains(QStringLiteral("--heads-per-layer")), qPrintable(message()));
    }

    void aFileThatTellsIsOpenedAtOnce() {
        openWeights(kOwnHeads);
        QVERIFY(!question());
        QCOMPARE(fixture_->session().model()->info().heads, 1);
    }

    void thePanelTellsWhatTheFileHolds() {
        const QString file = fixture_->path(QStringLiteral("training.pth"));
        QVERIFY(QFile::copy(QStringLiteral(GOLDEN_DIR "/families/ibot_training.pth"), file));
        openGolden(file, 2);
        const auto told = facts();
        const api::ModelInfo& info = fixture_->session().model()->info();
        QCOMPARE(told[QStringLiteral("File")], QStringLiteral("training.pth"));
        QCOMPARE(told[QStringLiteral("Format")], QString::fromStdString(info.format));
        QCOMPARE(told[QStringLiteral("Family")], QStringLiteral("iBOT, certain"));
        QCOMPARE(told[QStringLiteral("Network")], QStringLiteral("teacher"));
        QVERIFY(toolTipOf(QStringLiteral("Network")).contains(QStringLiteral("student")));
        QCOMPARE(told[QStringLiteral("Layers × heads")], QStringLiteral("2 × 2"));
        QCOMPARE(told[QStringLiteral("Epoch")], QStringLiteral("7"));
        QCOMPARE(told[QStringLiteral("Keys used")], QString::number(info.keysUsed));
        QVERIFY(toolTipOf(QStringLiteral("Keys used"))
                    .contains(QString::fromStdString(info.keysUsedNames.front())));
        QCOMPARE(told[QStringLiteral("Keys missing")], QStringLiteral("0"));
        QCOMPARE(told[QStringLiteral("Keys ignored")], QString::number(info.keysIgnored.size()));
        QVERIFY(!info.keysIgnored.empty());
        QVERIFY(toolTipOf(QStringLiteral("Keys ignored"))
                    .contains(QString::fromStdString(info.keysIgnored.front())));
        QCOMPARE(told[QStringLiteral("Beside it")], QStringLiteral("epoch, student"));
        QVERIFY(!told.contains(QStringLiteral("Licence")));
    }

    void theCataloguesNameHoldsUntilTheHashSaysOtherwise() {
        VitConfig config;  // of the network that the catalogue has under that name
        config.dim = 384;
        config.mlpDim = 4 * config.dim;
        config.depth = 12;
        config.heads = 6;
        config.imageSize = 224;
        const QString file = fixture_->path(QStringLiteral("deit_small_patch16_224-cd65a155.pth"));
        writeAlike(file, expectedShapes(config));
        openWeights(file);
        QCOMPARE(facts()[QStringLiteral("Catalogue")], QStringLiteral("deit-small"));
        QCOMPARE(facts()[QStringLiteral("Licence")], QStringLiteral("Apache-2.0"));
        QVERIFY(facts()[QStringLiteral("Source")].startsWith(QStringLiteral("https://")));
        QTest::mouseClick(&fixture_->find<QToolButton>("computeHash"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QFile content(file);
        QVERIFY(content.open(QIODevice::ReadOnly));
        const QByteArray hash = QCryptographicHash::hash(content.readAll(), QCryptographicHash::Sha256);
        QCOMPARE(facts()[QStringLiteral("SHA-256")], QString::fromLatin1(hash.toHex()));
        QVERIFY(!facts().contains(QStringLiteral("Catalogue")));
        QVERIFY(!facts().contains(QStringLiteral("Licence")));
    }

    void headsFromTheTenthOnHaveKeysWithShift() {
        openPicture();
        VitConfig config;
        config.dim = config.mlpDim = 256;
        config.depth = 1;
        config.heads = kHeadKeys;
        config.imageSize = 64;
        const QString file = fixture_->path(QStringLiteral("sixteen.safetensors"));
        writeAlike(file, expectedShapes(config));
        openGolden(file, config.heads);
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(fixture_->session().map().heads, config.heads);
        const auto& strip = fixture_->find<HeadGrid>("headStrip");
        for (int head = 0; head < config.heads; ++head) {
            const QString digit = QString::number(head % 10);
            const QString keys = head < 10 ? digit : QStringLiteral("Shift+") + digit;
            QTest::keyClick(&canvas(), Qt::Key(Qt::Key_0 + head % 10),
                            head < 10 ? Qt::NoModifier : Qt::ShiftModifier);
            QCOMPARE(fixture_->session().settings().heads, (HeadChoice{HeadChoice::Kind::One, head}));
            QCOMPARE(strip.accessibleDescription(), QStringLiteral("Head %1 (%2)").arg(head).arg(keys));
        }
        action("actionShortcuts").trigger();
        QVERIFY2(fixture_->dialogs.told.contains(QStringLiteral("<b>Shift+5</b>")),
                 qPrintable(fixture_->dialogs.told));
    }

    void aResNetShowsTheEnergyOfItsLastActivation() {
        openPicture();
        ExploreSettings settings = fixture_->session().settings();
        settings.heads = {HeadChoice::Kind::All, 0};
        fixture_->session().setSettings(settings);
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, centreOf({3, 2}));
        QVERIFY(fixture_->settle());
        const QString file = fixture_->path(QStringLiteral("resnet50.safetensors"));
        writeAlike(file, expectedResNet50Shapes());
        openWeights(file);
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QVERIFY(canvas().hasOverlay());
        QVERIFY(fixture_->session().field()->isEnergy());
        QCOMPARE(fixture_->session().map().rows, 2);
        QCOMPARE(fixture_->session().map().columns, 3);
        QVERIFY(fixture_->session().map().values[0] > 0);
        QVERIFY2(fixture_->find<MessageBar>("modelNotice")
                     .sentence()
                     .contains(QStringLiteral("energy of its last activation")),
                 qPrintable(fixture_->find<MessageBar>("modelNotice").sentence()));
        QVERIFY(fixture_->find<ElidedLabel>("status").text().startsWith(
            QStringLiteral("Energy of the last activation")));
        QVERIFY(fixture_->find<QToolButton>("modelButton").text().contains(QStringLiteral("ResNet-50")));
        QCOMPARE(facts()[QStringLiteral("Attention")], QStringLiteral("none, it is convolutional"));
        // There is nothing to choose a head or a query for.
        QCOMPARE(fixture_->find<HeadGrid>("headStrip").count(), 0);
        QVERIFY(!fixture_->find<QWidget>("queryText").isVisible());
        QCOMPARE(fixture_->session().settings().heads, HeadChoice{});
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, centreOf({1, 1}));
        QVERIFY(fixture_->settle());
        QVERIFY(!fixture_->session().query().patch);
        QVERIFY(!action("actionHead0").isEnabled());
        QVERIFY(!action("actionGrid").isEnabled());
        QVERIFY(!action("actionCls").isEnabled());
        // And with a ViT there is again.
        fixture_->loadTinyModel();
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->find<HeadGrid>("headStrip").count(), 5);
        QVERIFY(fixture_->find<QWidget>("queryText").isVisible());
    }
};

QTEST_MAIN(ExploreModelTest)
#include "explore_model_test.moc"
