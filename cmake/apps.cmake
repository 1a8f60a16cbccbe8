# The command.
file(GLOB APP_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/apps/tacit/*.c)
# `tacit --security 128`: the same files and the library of extension degree 3, linked into one object of which only
# command_main_128 can be seen from outside.
add_library(command_128 OBJECT ${APP_SOURCES})
target_compile_definitions(command_128 PRIVATE EXT_DEG=3)
target_include_directories(command_128 PRIVATE ${CMAKE_SOURCE_DIR}/include)
target_link_libraries(command_128 PRIVATE PkgConfig::ZIP PkgConfig::JSONC)
set(COMMAND_128 ${CMAKE_BINARY_DIR}/command_128.o)
add_custom_command(
  OUTPUT ${COMMAND_128}
  COMMAND ${CMAKE_LINKER} -r -o ${COMMAND_128} $<TARGET_OBJECTS:command_128> $<TARGET_OBJECTS:tacit3_objects> $<TARGET_OBJECTS:onnx_pb>
  COMMAND ${CMAKE_OBJCOPY} --keep-global-symbol=command_main_128 ${COMMAND_128}
  DEPENDS $<TARGET_OBJECTS:command_128> $<TARGET_OBJECTS:tacit3_objects> $<TARGET_OBJECTS:onnx_pb>
  COMMAND_EXPAND_LISTS VERBATIM)
add_executable(tacit_command ${APP_SOURCES} ${COMMAND_128})
set_target_properties(tacit_command PROPERTIES OUTPUT_NAME tacit)
target_link_libraries(tacit_command PRIVATE tacit PkgConfig::ZIP PkgConfig::JSONC)
install(TARGETS tacit_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
