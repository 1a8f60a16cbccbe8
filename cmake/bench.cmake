# Benchmarks print figures; they are no tests.
file(GLOB BENCHES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/bench_*.c)
foreach(file ${BENCHES})
  get_filename_component(name ${file} NAME_WE)
  add_executable(${name} ${file} ${CMAKE_SOURCE_DIR}/tests/lab.c)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE tacit)
  target_compile_options(${name} PRIVATE -Wno-conversion -Wno-missing-field-initializers)
endforeach()
# make test-large: proofs of large programs must verify (the figures they print are not judged).
add_test(NAME large_lookups COMMAND bench_synthetic lookups 20)
add_test(NAME large_elements COMMAND bench_synthetic elements 24)
set_tests_properties(large_lookups large_elements PROPERTIES LABELS large TIMEOUT 1800 RUN_SERIAL ON)
# The same measurement in profile P128.
add_executable(bench_prove_128 ${CMAKE_SOURCE_DIR}/bench/bench_prove.c)
target_link_libraries(bench_prove_128 PRIVATE tacit3)
target_compile_options(bench_prove_128 PRIVATE -Wno-conversion -Wno-missing-field-initializers)
