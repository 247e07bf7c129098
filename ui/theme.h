#pragma once

#include <QColor>
#include <QIcon>
#include <QString>
#include <optional>

class QApplication;
class QPalette;

namespace dinoscope {

enum class ThemeChoice { System, Dark, Light };

/// "system", "dark" or "light"; empty for anything else.
std::optional<ThemeChoice> themeFromName(const QString& name);
QString themeName(ThemeChoice theme);

/// Fusion with a palette and a style sheet of our own. Widgets that paint themselves read everything from the
/// palette: Dark is the ground under pictures, Mid a border, PlaceholderText secondary text, Highlight the
/// accent. Call before the first window is shown; again to change. System follows the lightness of the
/// desktop's palette as it was at the first call.
void applyTheme(QApplication& application, ThemeChoice theme);

/// True while the theme in force is dark.
bool isDarkTheme();

/// The palette of the dark or light theme.
QPalette themePalette(bool dark);

/// An icon of resources/icons in the colour of the text around it: it follows the theme by itself.
QIcon themeIcon(const QString& name);

/// The same in a colour of its own.
QIcon tintedIcon(const QString& name, const QColor& colour);

}  // namespace dinoscope
