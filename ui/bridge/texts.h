#pragma once

#include <QString>
#include <cstdint>

#include "engine/api/core.h"
#include "engine/api/model.h"

namespace dinoscope {

/// Sentences and numbers that all workspaces write alike.

QString sentenceOf(const Error& error);                  ///< with a full stop
QString valueText(double value);                         ///< two or three significant digits
QString countText(std::int64_t count);                   ///< "9,469"
QString bytesText(std::int64_t bytes);                   ///< "120 MB"
QString secondsText(double seconds);                     ///< "0.4 s", "2 min"
QString architectureTitle(const api::ModelInfo& info);   ///< "ViT-S/16"
QString modelTitle(const api::ModelInfo& info);          ///< "untrained ViT-S/16"
QString placementText(const api::Placement& placement);  ///< "CPU · fp32"
QString liveTeacherText(const QString& run);             ///< "Teacher in training: run", of its folder
QString withoutMnemonic(QString text);                   ///< for buttons and menus: each & doubled
QString exportStoppedText();                             ///< what is said of an export that was cancelled

}  // namespace dinoscope
