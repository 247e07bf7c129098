#pragma once

// What every part of app and ui needs of the ground floor.
#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/job.h"
#include "engine/base/log.h"
#include "engine/base/option.h"
#include "engine/base/printable.h"
#include "engine/base/shipped_files.h"
#include "engine/base/thread_runner.h"
