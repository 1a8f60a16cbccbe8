# libtacit (prover, compiler, verifier), libtacit-verify (src/verifier.list, freestanding), each for both extension degrees.
file(GLOB LIBRARY_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*/*.c ${CMAKE_SOURCE_DIR}/src/compile/*/*.c)
list(FILTER LIBRARY_SOURCES EXCLUDE REGEX "_ref\\.c$")

if(TACIT_COVERAGE)
  file(STRINGS ${CMAKE_SOURCE_DIR}/src/verifier.list CHECKED_FILES)
  foreach(file ${CHECKED_FILES})
    set_source_files_properties(${CMAKE_SOURCE_DIR}/${file} PROPERTIES COMPILE_OPTIONS "-fprofile-instr-generate;-fcoverage-mapping")
  endforeach()
  add_link_options(-fprofile-instr-generate)
endif()

# Check deletion (tools/delete_checks): the verifier's files with a switch at every check.
if(TACIT_INSTRUMENTED)
  file(STRINGS ${CMAKE_SOURCE_DIR}/src/verifier.list CHECKED_FILES)
  foreach(file ${CHECKED_FILES})
    list(REMOVE_ITEM LIBRARY_SOURCES ${CMAKE_SOURCE_DIR}/${file})
    list(APPEND LIBRARY_SOURCES ${TACIT_INSTRUMENTED}/${file})
    set_source_files_properties(${TACIT_INSTRUMENTED}/${file} PROPERTIES COMPILE_OPTIONS "-w;-ftrivial-auto-var-init=pattern")
  endforeach()
  list(APPEND LIBRARY_SOURCES ${TACIT_INSTRUMENTED}/delete_checks.c)
  include_directories(BEFORE ${TACIT_INSTRUMENTED} ${TACIT_INSTRUMENTED}/src)
endif()

# onnx.proto -> C
set(ONNX_PROTO ${CMAKE_SOURCE_DIR}/src/compile/onnx/onnx.proto)
set(ONNX_DIR ${CMAKE_BINARY_DIR}/onnx)
file(MAKE_DIRECTORY ${ONNX_DIR})
add_custom_command(
  OUTPUT ${ONNX_DIR}/onnx.pb-c.c ${ONNX_DIR}/onnx.pb-c.h
  COMMAND ${PROTOC_C} --proto_path=${CMAKE_SOURCE_DIR}/src/compile/onnx --c_out=${ONNX_DIR} ${ONNX_PROTO}
  DEPENDS ${ONNX_PROTO})
add_library(onnx_pb OBJECT ${ONNX_DIR}/onnx.pb-c.c ${ONNX_DIR}/onnx.pb-c.h)
target_compile_options(onnx_pb PRIVATE -w)
set_target_properties(onnx_pb PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(onnx_pb PUBLIC ${ONNX_DIR})
target_link_libraries(onnx_pb PUBLIC PkgConfig::PROTOBUFC)

# Vector kernels that are chosen at run time; everything else builds for the baseline.
foreach(file ${LIBRARY_SOURCES})
  if(file MATCHES "_avx2[^/]*\\.c$")
    set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx2;-mbmi2")
  elseif(file MATCHES "_avx512[^/]*\\.c$")
    set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-mavx512f;-mavx512dq;-mavx512vl;-mavx512bw;-mbmi2")
  elseif(file MATCHES "sha256_x86\\.c$")
    set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "-msha;-msse4.1")
  endif()
endforeach()

function(tacit_library name degree)
  add_library(${name}_objects OBJECT ${LIBRARY_SOURCES})
  add_dependencies(${name}_objects onnx_pb)
  set_target_properties(${name}_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_definitions(${name}_objects PUBLIC EXT_DEG=${degree})
  target_include_directories(${name}_objects PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src ${ONNX_DIR})
  target_link_libraries(${name}_objects PUBLIC PkgConfig::SODIUM PkgConfig::PROTOBUFC Threads::Threads m ${CMAKE_DL_LIBS})
  add_library(${name} STATIC $<TARGET_OBJECTS:${name}_objects> $<TARGET_OBJECTS:onnx_pb>)
  target_compile_definitions(${name} PUBLIC EXT_DEG=${degree})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/include)
  target_link_libraries(${name} PUBLIC PkgConfig::SODIUM PkgConfig::PROTOBUFC Threads::Threads m ${CMAKE_DL_LIBS})
endfunction()

tacit_library(tacit 2)
tacit_library(tacit3 3)
# The library with switches for its own rules, for tests only: its proofs carry an id that no verifier accepts.
if(BUILD_TESTING)
  foreach(degree 2 3)
    tacit_library(tacit_rules${degree} ${degree})
    target_compile_definitions(tacit_rules${degree}_objects PUBLIC TACIT_RULES TACIT_TEST_SEED)
    target_compile_definitions(tacit_rules${degree} PUBLIC TACIT_RULES TACIT_TEST_SEED)
  endforeach()
endif()

# Shared library: the public API only (hidden visibility elsewhere).
add_library(tacit_shared SHARED $<TARGET_OBJECTS:tacit_objects> $<TARGET_OBJECTS:onnx_pb>)
set_target_properties(tacit_shared PROPERTIES OUTPUT_NAME tacit VERSION ${PROJECT_VERSION} SOVERSION 0)
target_link_libraries(tacit_shared PRIVATE PkgConfig::SODIUM PkgConfig::PROTOBUFC Threads::Threads m ${CMAKE_DL_LIBS})

# The stand-alone verifier: exactly src/verifier.list, freestanding; and as one generated file that compiles alone.
file(STRINGS ${CMAKE_SOURCE_DIR}/src/verifier.list VERIFIER_LIST)
list(TRANSFORM VERIFIER_LIST PREPEND ${CMAKE_SOURCE_DIR}/)
foreach(degree 2 3)
  if(degree EQUAL 2)
    set(suffix "")
  else()
    set(suffix "3")
  endif()
  add_library(tacit-verify${suffix} STATIC ${VERIFIER_LIST})
  target_compile_options(tacit-verify${suffix} PRIVATE -ffreestanding)
  target_compile_definitions(tacit-verify${suffix} PUBLIC EXT_DEG=${degree} PRIVATE TACIT_FREESTANDING=1)
  target_include_directories(tacit-verify${suffix} PUBLIC ${CMAKE_SOURCE_DIR}/include PRIVATE ${CMAKE_SOURCE_DIR}/src)
  add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/tacit_verify${suffix}.c
    COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/one_file ${degree} > ${CMAKE_BINARY_DIR}/tacit_verify${suffix}.c
    DEPENDS ${VERIFIER_LIST} ${CMAKE_SOURCE_DIR}/tools/one_file)
  add_library(tacit_verify_one_file${suffix} OBJECT ${CMAKE_BINARY_DIR}/tacit_verify${suffix}.c)
endforeach()

include(GNUInstallDirs)
configure_file(${CMAKE_SOURCE_DIR}/cmake/tacit.pc.in ${CMAKE_BINARY_DIR}/tacit.pc @ONLY)
configure_file(${CMAKE_SOURCE_DIR}/cmake/tacit-verify.pc.in ${CMAKE_BINARY_DIR}/tacit-verify.pc @ONLY)
configure_file(${CMAKE_SOURCE_DIR}/cmake/tacit3.pc.in ${CMAKE_BINARY_DIR}/tacit3.pc @ONLY)
install(TARGETS tacit tacit3 tacit_shared tacit-verify tacit-verify3 LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/tacit DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_BINARY_DIR}/tacit.pc ${CMAKE_BINARY_DIR}/tacit3.pc ${CMAKE_BINARY_DIR}/tacit-verify.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_BINARY_DIR}/tacit_verify.c ${CMAKE_BINARY_DIR}/tacit_verify3.c DESTINATION ${CMAKE_INSTALL_DATADIR}/tacit)
