#include "engine/ssl/teacher.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace dinoscope {

void updateTeacher(std::vector<at::Tensor>& teacher, const std::vector<at::Tensor>& student, double momentum,
                   const at::Tensor& ok) {
    const at::NoGradGuard guard;
    if (momentum == 0) {
        const at::Tensor goes = ok > 0;
        for (std::size_t i = 0; i < teacher.size(); ++i)
            teacher[i].copy_(at::where(goes, student[i], teacher[i]));
        return;
    }
    // A step that is left out leaves the student finite and as it was, so that a weight of 0 changes nothing.
    const at::Tensor weight = (1 - momentum) * ok;
    for (std::size_t i = 0; i < teacher.size(); ++i)
        teacher[i].lerp_(student[i], weight);
}

}  // namespace dinoscope
