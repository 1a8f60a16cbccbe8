# Failure injection (tests/inject): the command, with every allocation and input/output call wrapped.
set(INJECT_CALLS realpath mmap open read pread write pwrite fsync fdatasync close
    rename renameat2 link ftruncate posix_fallocate stat lstat fstat fstatvfs statx flock mkstemp mkostemp fchmod access
    mkdir unlink fopen pthread_create dlopen)
if(TACIT_SANITIZE) # else tests/inject/inject.c has an allocator of its own, which the libraries meet too
  list(APPEND INJECT_CALLS malloc calloc realloc strdup strndup)
endif()
list(TRANSFORM INJECT_CALLS PREPEND "LINKER:--wrap=")
set(INJECT_SOURCES ${APP_SOURCES})
list(FILTER INJECT_SOURCES EXCLUDE REGEX "/main\\.c$")
file(GLOB INJECT_TESTS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/inject/*.c)
add_executable(test_inject ${INJECT_TESTS} ${INJECT_SOURCES} ${COMMAND_128})
target_include_directories(test_inject PRIVATE ${CMAKE_SOURCE_DIR}/apps/tacit)
target_compile_definitions(test_inject PRIVATE TACIT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_compile_options(test_inject PRIVATE -fno-builtin-strdup -fno-builtin-strndup -Wno-missing-field-initializers)
target_link_libraries(test_inject PRIVATE tacit PkgConfig::ZIP PkgConfig::JSONC)
target_link_options(test_inject PRIVATE ${INJECT_CALLS})
add_test(NAME test_inject COMMAND test_inject)
set_tests_properties(test_inject PROPERTIES TIMEOUT 1200)
