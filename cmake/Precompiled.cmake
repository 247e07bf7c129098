# What takes seconds to parse is parsed once. But in every file that uses such a header, GCC makes the templates
# that it left pending: seconds for LibTorch's modules. So there is one for tensors and one for modules, and
# files that use neither are PLAIN_SOURCES of their library.
function(dinoscope_precompiled name)
    cmake_parse_arguments(arg "" "" "HEADERS;LIBRARIES" ${ARGN})
    set(target dinoscope_${name}_pch)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "// The precompiled header's target needs a file.\n")
    add_library(${target} OBJECT EXCLUDE_FROM_ALL ${source})
    target_link_libraries(${target} PRIVATE dinoscope_flags ${arg_LIBRARIES})
    if(arg_LIBRARIES MATCHES Qt6)
        target_compile_definitions(${target} PRIVATE QT_NO_KEYWORDS)
    endif()
    target_precompile_headers(${target} PRIVATE ${arg_HEADERS})
    # Qt asks for -fPIC; a precompiled header serves only files compiled with the same flags.
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

set(tensor_headers <ATen/ATen.h>)
set(module_headers
    ${tensor_headers} <torch/csrc/autograd/custom_function.h> <torch/nn/module.h>
    <torch/nn/modules/batchnorm.h> <torch/nn/modules/container/modulelist.h>
    <torch/nn/modules/container/sequential.h> <torch/nn/modules/conv.h> <torch/nn/modules/linear.h>
    <torch/nn/modules/normalization.h>)

dinoscope_precompiled(tensors HEADERS ${tensor_headers} LIBRARIES torch::cpu)
dinoscope_precompiled(modules HEADERS ${module_headers} LIBRARIES torch::cpu)
if(DINOSCOPE_GUI)
    # QtTest's own headers depend on where a test lies.
    dinoscope_precompiled(test HEADERS <QtCore/QtCore> LIBRARIES Qt6::Core)
    dinoscope_precompiled(tensors_test HEADERS ${tensor_headers} <QtCore/QtCore> LIBRARIES torch::cpu Qt6::Core)
    dinoscope_precompiled(modules_test HEADERS ${module_headers} <QtCore/QtCore> LIBRARIES torch::cpu Qt6::Core)
    dinoscope_precompiled(widgets HEADERS <QtWidgets/QtWidgets> LIBRARIES Qt6::Widgets)
endif()
