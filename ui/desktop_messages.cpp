#include "ui/desktop_messages.h"

#include <QStringList>
#include <QVariantMap>

namespace dinoscope {

QDBusMessage inhibitCall(const QString& why) {
    QDBusMessage call = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.login1"), QStringLiteral("/org/freedesktop/login1"),
        QStringLiteral("org.freedesktop.login1.Manager"), QStringLiteral("Inhibit"));
    call << QStringLiteral("idle:sleep") << QStringLiteral("Dinoscope") << why << QStringLiteral("block");
    return call;
}

QDBusMessage progressSignal(std::optional<double> share) {
    QDBusMessage signal = QDBusMessage::createSignal(QStringLiteral("/com/canonical/unity/launcherentry/1"),
                                                     QStringLiteral("com.canonical.Unity.LauncherEntry"),
                                                     QStringLiteral("Update"));
    signal << QStringLiteral("application://dinoscope.desktop")
           << QVariantMap{{QStringLiteral("progress"), share.value_or(0)},
                          {QStringLiteral("progress-visible"), share.has_value()}};
    return signal;
}

QDBusMessage notifyCall(const QString& title, const QString& text) {
    QDBusMessage call = QDBusMessage::createMethodCall(
        QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("/org/freedesktop/Notifications"),
        QStringLiteral("org.freedesktop.Notifications"), QStringLiteral("Notify"));
    const uint replaces = 0;
    const int theServersTime = -1;
    call << QStringLiteral("Dinoscope") << replaces << QStringLiteral("dinoscope") << title << text
         << QStringList() << QVariantMap() << theServersTime;
    return call;
}

}  // namespace dinoscope
