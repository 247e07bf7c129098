#include "ui/desktop.h"

#include <QCoreApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusUnixFileDescriptor>
#include <QVariantMap>

namespace dinoscope {

struct DBusDesktop::Lock {
    QDBusUnixFileDescriptor descriptor;
};

DBusDesktop::DBusDesktop() = default;
DBusDesktop::~DBusDesktop() = default;

/// https://systemd.io/INHIBITOR_LOCKS: the lock holds until its descriptor is closed. A closed lid wins over
/// it, and whoever asks for sleep is told who holds it up, and may insist.
void DBusDesktop::setAwake(bool awake, const QString& why) {
    lock_.reset();
    if (!awake) return;
    lock_ = std::make_shared<Lock>();
    QDBusMessage call = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.login1"), QStringLiteral("/org/freedesktop/login1"),
        QStringLiteral("org.freedesktop.login1.Manager"), QStringLiteral("Inhibit"));
    call << QStringLiteral("idle:sleep") << QStringLiteral("Dinoscope") << why << QStringLiteral("block");
    auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::systemBus().asyncCall(call), qApp);
    QObject::connect(watcher, &QDBusPendingCallWatcher::finished, watcher,
                     [watcher, wanted = std::weak_ptr<Lock>(lock_)] {
                         const QDBusPendingReply<QDBusUnixFileDescriptor> reply = *watcher;
                         const auto lock = wanted.lock();
                         if (reply.isValid() && lock) lock->descriptor = reply.value();
                         watcher->deleteLater();
                     });
}

void DBusDesktop::setProgress(std::optional<double> share) {
    QDBusMessage signal = QDBusMessage::createSignal(QStringLiteral("/com/canonical/unity/launcherentry/1"),
                                                     QStringLiteral("com.canonical.Unity.LauncherEntry"),
                                                     QStringLiteral("Update"));
    signal << QStringLiteral("application://dinoscope.desktop")
           << QVariantMap{{QStringLiteral("progress"), share.value_or(0)},
                          {QStringLiteral("progress-visible"), share.has_value()}};
    QDBusConnection::sessionBus().send(signal);
}

void DBusDesktop::notify(const QString& title, const QString& text) {
    QDBusMessage call = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("/org/freedesktop/Notifications"),
        QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("Notify"));
    const uint replaces = 0;
    const int theServersTime = -1;
    call << QStringLiteral("Dinoscope") << replaces << QStringLiteral("dinoscope") << title << text
         << QStringList() << QVariantMap() << theServersTime;
    QDBusConnection::sessionBus().asyncCall(call);
}

}  // namespace dinoscope
