# Installs BUILD into a fresh prefix, builds the consumer against it and reads what it prints.
set(prefix ${BUILD}/consumer/prefix)
file(REMOVE_RECURSE ${BUILD}/consumer)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE package ${prefix}/*.cmake)
foreach(file IN LISTS package)
  file(STRINGS ${file} leaks REGEX "${SOURCE}|${BUILD}")
  if(leaks)
    message(FATAL_ERROR "${file} points back into the source or build tree: ${leaks}")
  endif()
endforeach()

execute_process(COMMAND ${CMAKE_COMMAND} -G Ninja -S ${SOURCE}/tests/consumer -B ${BUILD}/consumer/build
  -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_COMPILER=${COMPILER} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD}/consumer/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${BUILD}/consumer/build/consumer OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
if(NOT printed STREQUAL "hello, world\n")
  message(FATAL_ERROR "the consumer printed '${printed}'")
endif()
file(REMOVE_RECURSE ${BUILD}/consumer) # a debug build installs some 200 MB
