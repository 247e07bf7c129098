#pragma once

#include "engine/base/error.h"

namespace dinoscope {

/// Of processes that train together: thrown where process 0 tells it as well. On one terminal once is enough.
class ToldByFirst : public Error {
public:
    ToldByFirst(const Error& error, bool isWrongUsage) : Error(error), isWrongUsage_(isWrongUsage) {}

    bool isWrongUsage() const { return isWrongUsage_; }

private:
    bool isWrongUsage_;
};

}  // namespace dinoscope
