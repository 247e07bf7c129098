#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace dinoscope {

/// teacher = momentum * teacher + (1 - momentum) * student for each pair (paper, section 3.1), nothing where
/// `ok`, a tensor [] float32 on the device, is 0. Momentum 0 copies the student.
void updateTeacher(std::vector<at::Tensor>& teacher, const std::vector<at::Tensor>& student, double momentum,
                   const at::Tensor& ok);

}  // namespace dinoscope
