#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <string>

namespace dinoscope {

/// Prints a line, and counts a failure where `good` is false.
void report(const std::string& what, bool good);
/// The same of max |a - b| / max |b| against `limit`.
void check(const std::string& what, const at::Tensor& a, const at::Tensor& b, double limit);
int failures();

/// Training steps of a small network: bf16 against fp32 on the CPU and, where there is a card, that against
/// the CPU; and that a step that is not finite changes nothing.
void checkTraining();

/// That crops made on a device are those of the processor.
void checkCrops(at::Device device);

/// That JPEG and PNG are read, and a format of OpenCV's where the program was built with it, else refused.
void checkImages();

}  // namespace dinoscope
