# One static library a folder of engine/. DEPENDS are folders below it; TENSORS and MODULES give torch and the
# precompiled header of that name (Precompiled.cmake), which PLAIN_SOURCES go without; LIBRARIES are private.
function(dinoscope_library name)
    cmake_parse_arguments(arg "TENSORS;MODULES" "" "SOURCES;PLAIN_SOURCES;DEPENDS;LIBRARIES" ${ARGN})
    add_library(dinoscope_${name} STATIC ${arg_SOURCES} ${arg_PLAIN_SOURCES})
    dinoscope_target(dinoscope_${name})
    if(arg_TENSORS OR arg_MODULES)
        set_target_properties(dinoscope_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        if(arg_MODULES)
            target_precompile_headers(dinoscope_${name} REUSE_FROM dinoscope_modules_pch)
        else()
            target_precompile_headers(dinoscope_${name} REUSE_FROM dinoscope_tensors_pch)
        endif()
        set_source_files_properties(${arg_PLAIN_SOURCES} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
        target_link_libraries(dinoscope_${name} PUBLIC torch::cpu)
    endif()
    list(TRANSFORM arg_DEPENDS PREPEND dinoscope_)
    target_link_libraries(dinoscope_${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_LIBRARIES})
endfunction()

function(dinoscope_target target)
    target_link_libraries(${target} PRIVATE dinoscope_flags)
    set_target_properties(${target} PROPERTIES BUILD_RPATH_USE_ORIGIN OFF)
endfunction()

# An executable. torch::cpu comes first on the link line: it brings its own BLAS, and OpenCV's
# libblas.so.3, often the slow reference one, must not take its place.
function(dinoscope_executable name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    dinoscope_target(${name})
    target_link_libraries(${name} PRIVATE -Wl,--no-as-needed torch::cpu torch::gomp -Wl,--as-needed
                                          ${arg_LIBRARIES})
endfunction()

# One Qt Test executable: dinoscope_test(error_test DEPENDS base) in tests/unit/base/ builds error_test.cpp
# and is unit/base/error to ctest. TENSORS and MODULES give a precompiled header with these. WITHOUT_TORCH is for
# folders that need no torch: such a test starts at once, and it runs under the thread sanitizer, which
# torch's own threads would confuse.
function(dinoscope_test source)
    cmake_parse_arguments(arg "TENSORS;MODULES;WITHOUT_TORCH" "TIMEOUT" "SOURCES;DEPENDS;LIBRARIES;LABELS" ${ARGN})
    if(NOT DINOSCOPE_GUI OR (DINOSCOPE_SANITIZE MATCHES thread AND NOT arg_WITHOUT_TORCH))
        return()
    endif()
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR}/${source})
    string(REPLACE "/" "_" target ${path})
    string(REGEX REPLACE "_test$" "" test ${path})
    list(TRANSFORM arg_DEPENDS PREPEND dinoscope_)
    if(arg_WITHOUT_TORCH)
        add_executable(${target} ${source}.cpp ${arg_SOURCES})
        dinoscope_target(${target})
        target_link_libraries(${target} PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} Qt6::Test)
    else()
        dinoscope_executable(${target} SOURCES ${source}.cpp ${arg_SOURCES}
                             LIBRARIES ${arg_DEPENDS} ${arg_LIBRARIES} Qt6::Test)
    endif()
    add_dependencies(tests ${target})
    # AUTOMOC would add two targets a test, which take longer than the test itself.
    qt6_generate_moc(${CMAKE_CURRENT_SOURCE_DIR}/${source}.cpp ${CMAKE_CURRENT_BINARY_DIR}/${source}.moc)
    target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${source}.moc)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/bin)
    target_compile_definitions(${target} PRIVATE QT_NO_KEYWORDS
        GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden" SOURCE_DIR="${PROJECT_SOURCE_DIR}"
        PROGRAM_DIR="${CMAKE_BINARY_DIR}/bin")
    set(header test)
    if(arg_TENSORS)
        set(header tensors_test)
    elseif(arg_MODULES)
        set(header modules_test)
    elseif(arg_DEPENDS MATCHES "dinoscope_(ui|widgets)")
        set(header widgets)
    endif()
    target_precompile_headers(${target} REUSE_FROM dinoscope_${header}_pch)
    # GCC 12 sees copies beyond a std::string that cannot happen (GCC bug 105329), in code that tests are full of.
    target_compile_options(${target} PRIVATE "$<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow>")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    add_test(NAME ${test} COMMAND ${target})
    # Tests run beside each other: a thread that waits by spinning takes the processor from another test.
    set_tests_properties(${test} PROPERTIES
        LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "QT_QPA_PLATFORM=offscreen;OMP_WAIT_POLICY=passive;${DINOSCOPE_TEST_ENVIRONMENT}")
endfunction()
