#pragma once

#include <QImage>
#include <QString>
#include <QStringList>
#include <string>
#include <vector>

#include "engine/api/core.h"
#include "engine/api/images.h"
#include "engine/api/run.h"
#include "ui/widgets/image_pyramid.h"
#include "ui/widgets/overlay_composer.h"

namespace dinoscope {

/// How a look is drawn.
struct ProbeView {
    api::ProbeFrame::Network network = api::ProbeFrame::Network::Teacher;
    int layer = -1;  ///< counts from 0; -1 for the last that is kept
    ColourMap map = ColourMap::Viridis;
    double opacity = 0.6;

    bool operator==(const ProbeView&) const = default;
};

/// The mean over the heads, then each head.
std::vector<ColouredGrid> probeGrids(const api::ProbeFrame& frame, const ProbeView& view);
/// "mean", "head 0", …
QStringList probeLabels(int heads);
/// The part of a picture that the patches cover, in its pixels.
QRectF coveredOf(const api::ProbeFrame& frame, QSize picture);
/// "last layer", "layer 3"
QString layerText(const api::ProbeFrame& frame, int layer);

/// What is exported.
struct ProbeExport {
    std::string image;                  ///< as the run names it
    std::vector<api::ProbeLook> looks;  ///< oldest first, one or more
    ProbeView view;
    bool both = false;  ///< teacher and student, whatever the view says
    QString title;
};

/// All heads below each other, an epoch a column: the looks at equal distances, the first and the last among
/// them. Polls between looks.
QImage probeStrip(const ProbeExport& what, JobControl& control);

/// All heads beside each other, a look after the other, in 1280 x 720. Polls between looks, which progress
/// counts, and before the file gets its name.
void writeProbeVideo(const ProbeExport& what, const std::filesystem::path& file, JobControl& control);

}  // namespace dinoscope
