#include "ui/input_kind.h"

#include <QFile>
#include <QImage>
#include <QMimeData>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

using namespace dinoscope;

class InputKindTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pathsAreToldApart() {
        const QTemporaryDir folder;
        QVERIFY(inputKind(folder.path()) == InputKind::Folder);
        const QTemporaryDir run;
        QVERIFY(QFile(run.filePath(QStringLiteral("run.toml"))).open(QIODevice::WriteOnly));
        QVERIFY(inputKind(run.path()) == InputKind::Run);
        QVERIFY(inputKind(QStringLiteral("a/dino.PTH")) == InputKind::Weights);
        QVERIFY(inputKind(QStringLiteral("a/model.safetensors")) == InputKind::Weights);
        QVERIFY(inputKind(QStringLiteral("a/cat.jpg")) == InputKind::Picture);
        QVERIFY(inputKind(QStringLiteral("a/no extension")) == InputKind::Picture);
    }

    void localAddressesArePathsAndOthersAreNot() {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QStringLiteral("/tmp/a b.png")),
                      QUrl(QStringLiteral("https://x.org/c.png"))});
        const Incoming incoming = incomingFrom(data, false);
        QCOMPARE(incoming.paths, QStringList{QStringLiteral("/tmp/a b.png")});
        QVERIFY(incoming.remote);
    }

    void aTextIsAPathOnlyIfItIsThere() {
        const QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("cat.png"));
        QFile(file).open(QIODevice::WriteOnly);
        QMimeData data;
        data.setText(QStringLiteral(" \"%1\"\n").arg(file));
        QCOMPARE(incomingFrom(data, true).paths, QStringList{file});
        QVERIFY(incomingFrom(data, false).isEmpty());
        data.setText(QStringLiteral("/nowhere/at/all.png"));
        QVERIFY(incomingFrom(data, true).isEmpty());
    }

    void pixelsAreAPicture() {
        QMimeData data;
        data.setImageData(QImage(4, 4, QImage::Format_RGB32));
        QVERIFY(incomingFrom(data, true).picture);
    }
};

QTEST_APPLESS_MAIN(InputKindTest)
#include "input_kind_test.moc"
