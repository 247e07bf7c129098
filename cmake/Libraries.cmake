# Libraries of the distribution. Each becomes an imported target with SYSTEM headers.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
# Header only.
find_path(hnswlib_include hnswlib/hnswlib.h REQUIRED)
add_library(hnswlib INTERFACE IMPORTED)
target_include_directories(hnswlib SYSTEM INTERFACE ${hnswlib_include})
if(DINOSCOPE_SANITIZE)
    # Its prefetch of the next neighbour reads one link past a full list, which the address sanitizer rightly names;
    # the plain loops that this switch leaves do not prefetch.
    target_compile_definitions(hnswlib INTERFACE NO_MANUAL_VECTORIZATION)
endif()
# What LibTorch's process groups need to be named; the library itself is inside LibTorch.
find_path(gloo_include gloo/context.h REQUIRED)
add_library(gloo_headers INTERFACE IMPORTED)
target_include_directories(gloo_headers SYSTEM INTERFACE ${gloo_include})
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)

# OpenCVConfig.cmake comes only with libopencv-dev, which pulls every module; four suffice.
if(DINOSCOPE_OPENCV)
    find_path(opencv_include opencv2/imgcodecs.hpp PATH_SUFFIXES opencv4 REQUIRED)
    add_library(opencv::imgcodecs INTERFACE IMPORTED)
    target_include_directories(opencv::imgcodecs SYSTEM INTERFACE ${opencv_include})
    foreach(module imgcodecs videoio imgproc core)
        find_library(opencv_${module} opencv_${module} REQUIRED)
        target_link_libraries(opencv::imgcodecs INTERFACE ${opencv_${module}})
    endforeach()
endif()

if(DINOSCOPE_GUI)
    # QCustomPlot links PrintSupport.
    find_package(Qt6 6.4 REQUIRED COMPONENTS Core Gui Widgets Svg DBus PrintSupport Test)
    find_package(QCustomPlotQt6 REQUIRED)
endif()
