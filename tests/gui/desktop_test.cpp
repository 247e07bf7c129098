#include "ui/desktop.h"

#include <QDBusConnection>
#include <QDBusMetaType>
#include <QDBusPendingCallWatcher>
#include <QFile>
#include <QTest>

#include "ui/desktop_messages.h"

using namespace dinoscope;

namespace {

/// The types of what a message says, as D-Bus writes them.
QString signatureOf(const QDBusMessage& message) {
    QString signature;
    for (const QVariant& argument : message.arguments())
        signature += QString::fromLatin1(QDBusMetaType::typeToSignature(argument.metaType()));
    return signature;
}

QVariantMap progressOf(const QDBusMessage& message) {
    return message.arguments().at(1).toMap();
}

}  // namespace

/// What is said to the desktop, and that a machine without a bus goes without.
class DesktopTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Before anything asks for a bus: there is none here, whatever this machine has.
    void initTestCase() {
        qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/session");
        qputenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/system");
    }

    void theLockAgainstSleepIsThatOfLogind() {
        const QDBusMessage call = inhibitCall(QStringLiteral("A network is being trained"));
        QCOMPARE(call.type(), QDBusMessage::MethodCallMessage);
        QCOMPARE(call.service(), QStringLiteral("org.freedesktop.login1"));
        QCOMPARE(call.path(), QStringLiteral("/org/freedesktop/login1"));
        QCOMPARE(call.interface(), QStringLiteral("org.freedesktop.login1.Manager"));
        QCOMPARE(call.member(), QStringLiteral("Inhibit"));
        QCOMPARE(signatureOf(call), QStringLiteral("ssss"));
        // What, who, why, how: the screen may go dark, the machine may not.
        QCOMPARE(call.arguments(),
                 (QVariantList{QStringLiteral("idle:sleep"), QStringLiteral("Dinoscope"),
                               QStringLiteral("A network is being trained"), QStringLiteral("block")}));
    }

    void theProgressIsThatOfTheInstalledProgram() {
        const QDBusMessage signal = progressSignal(0.25);
        QCOMPARE(signal.type(), QDBusMessage::SignalMessage);
        QCOMPARE(signal.interface(), QStringLiteral("com.canonical.Unity.LauncherEntry"));
        QCOMPARE(signal.member(), QStringLiteral("Update"));
        QCOMPARE(signatureOf(signal), QStringLiteral("sa{sv}"));
        QCOMPARE(signal.arguments().at(0).toString(), QStringLiteral("application://dinoscope.desktop"));
        QVERIFY(QFile::exists(QStringLiteral(SOURCE_DIR "/packaging/dinoscope.desktop")));
        QCOMPARE(progressOf(signal).value(QStringLiteral("progress")), QVariant(0.25));
        QCOMPARE(progressOf(signal).value(QStringLiteral("progress-visible")), QVariant(true));
    }

    void noProgressTakesItAway() {
        const QVariantMap said = progressOf(progressSignal(std::nullopt));
        QCOMPARE(said.value(QStringLiteral("progress-visible")), QVariant(false));
        QCOMPARE(said.value(QStringLiteral("progress")), QVariant(0.0));
    }

    void aNotificationHasAllThatItsServerAsksFor() {
        const QDBusMessage call = notifyCall(QStringLiteral("Training completed"), QStringLiteral("run"));
        QCOMPARE(call.service(), QStringLiteral("org.freedesktop.Notifications"));
        QCOMPARE(call.path(), QStringLiteral("/org/freedesktop/Notifications"));
        QCOMPARE(call.interface(), QStringLiteral("org.freedesktop.Notifications"));
        QCOMPARE(call.member(), QStringLiteral("Notify"));
        QCOMPARE(signatureOf(call), QStringLiteral("susssasa{sv}i"));
        QCOMPARE(call.arguments().at(3).toString(), QStringLiteral("Training completed"));
        QCOMPARE(call.arguments().at(4).toString(), QStringLiteral("run"));
    }

    void withoutABusNothingHappensAndNothingIsWaitedFor() {
        QVERIFY(!QDBusConnection::sessionBus().isConnected());
        QVERIFY(!QDBusConnection::systemBus().isConnected());
        {
            DBusDesktop desktop;
            for (const bool awake : {true, true, false, true})
                desktop.setAwake(awake, QStringLiteral("A network is being trained"));
            desktop.setProgress(0.5);
            desktop.setProgress(std::nullopt);
            desktop.notify(QStringLiteral("Training completed"), QStringLiteral("run"));
            QCoreApplication::processEvents();
        }
        QCoreApplication::processEvents();
        QVERIFY(QCoreApplication::instance()->findChildren<QDBusPendingCallWatcher*>().isEmpty());
    }
};

QTEST_GUILESS_MAIN(DesktopTest)
#include "desktop_test.moc"
