#include "ui/desktop.h"

#include <QCoreApplication>
#include <QDBusConnection>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusUnixFileDescriptor>

#include "ui/desktop_messages.h"

namespace dinoscope {

struct DBusDesktop::Lock {
    QDBusUnixFileDescriptor descriptor;
};

DBusDesktop::DBusDesktop() = default;
DBusDesktop::~DBusDesktop() = default;

/// The lock holds until its descriptor is closed. A closed lid wins over it, and whoever asks for sleep is
/// told who holds it up, and may insist.
void DBusDesktop::setAwake(bool awake, const QString& why) {
    lock_.reset();
    if (!awake) return;
    const QDBusConnection bus = QDBusConnection::systemBus();
    if (!bus.isConnected()) return;  // no answer would ever come
    lock_ = std::make_shared<Lock>();
    auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(inhibitCall(why)), qApp);
    QObject::connect(watcher, &QDBusPendingCallWatcher::finished, watcher,
                     [watcher, wanted = std::weak_ptr<Lock>(lock_)] {
                         const QDBusPendingReply<QDBusUnixFileDescriptor> reply = *watcher;
                         const auto lock = wanted.lock();
                         if (reply.isValid() && lock) lock->descriptor = reply.value();
                         watcher->deleteLater();
                     });
}

void DBusDesktop::setProgress(std::optional<double> share) {
    QDBusConnection::sessionBus().send(progressSignal(share));
}

void DBusDesktop::notify(const QString& title, const QString& text) {
    QDBusConnection::sessionBus().asyncCall(notifyCall(title, text));
}

}  // namespace dinoscope
