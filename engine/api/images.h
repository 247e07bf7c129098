#pragma once

// Images for app and ui: reading, writing, colours, and what a folder holds.
#include "engine/data/folder_scan.h"
#include "engine/image/colour_map.h"
#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "engine/image/image.h"
#include "engine/image/resample.h"
#include "engine/image/video_writer.h"
