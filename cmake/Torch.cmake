# torch::cpu, from the unpacked PyPI wheel.
# find_package(Torch) is not used: that of a CUDA wheel stops on machines without a CUDA toolkit.
# libtorch_cuda.so is never linked; the program opens it at run time where a driver is found.
set(torch_root ${DINOSCOPE_LIBTORCH})
if(NOT torch_root)
    set(torch_root ${PROJECT_SOURCE_DIR}/.deps/libtorch)
endif()
if(NOT EXISTS ${torch_root}/torch/lib/libtorch_cpu.so)
    message(FATAL_ERROR "No LibTorch in ${torch_root}: run packaging/fetch_libtorch.sh, "
                        "or set DINOSCOPE_LIBTORCH to a folder that holds torch/ and nvidia/")
endif()
set(torch_lib ${torch_root}/torch/lib)

add_library(torch::c10 SHARED IMPORTED)
set_target_properties(torch::c10 PROPERTIES
    IMPORTED_LOCATION ${torch_lib}/libc10.so)
add_library(torch::gomp SHARED IMPORTED)
set_target_properties(torch::gomp PROPERTIES IMPORTED_LOCATION ${torch_lib}/libgomp.so.1)
add_library(torch::cpu SHARED IMPORTED)
set_target_properties(torch::cpu PROPERTIES
    IMPORTED_LOCATION ${torch_lib}/libtorch_cpu.so
    INTERFACE_LINK_LIBRARIES torch::c10
    INTERFACE_COMPILE_DEFINITIONS USE_C10D_GLOO
    INTERFACE_INCLUDE_DIRECTORIES
        "${torch_root}/torch/include;${torch_root}/torch/include/torch/csrc/api/include")
