# How everything here is compiled: flags, sanitizers, protos, one library per floor.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# One set of code-generation flags, so that every target can share the precompiled header.
add_compile_options(-fPIC -pthread)

option(TROUPE_WERROR "warnings are errors" OFF)
option(TROUPE_TOGETHER "compile neighbouring files together: a quarter of the work" ON)
option(TROUPE_COVERAGE "count lines and branches" OFF)
option(TROUPE_FUZZ "build the fuzzers (clang)" OFF)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
# CAF's init_fun_factory.hpp binds references to null, and its task_queue.hpp takes the address of a list's end for that of an
# element; everything else is checked. With sanitizers g++ 12 calls variants uninitialized that are not.
set(house_sanitizers -fsanitize=address,undefined -fno-sanitize=null,vptr -fno-sanitize-recover=all -fno-omit-frame-pointer
  -Wno-maybe-uninitialized)
if(TROUPE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link ${house_sanitizers})
  add_link_options(-fsanitize=address,undefined)
endif()
if(TROUPE_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()

# <troupe/...> means the same inside the build and after installation.
set(TROUPE_INCLUDE ${CMAKE_BINARY_DIR}/include)
set(TROUPE_GENERATED ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${TROUPE_INCLUDE} ${TROUPE_GENERATED})
file(CREATE_LINK ${CMAKE_SOURCE_DIR} ${TROUPE_INCLUDE}/troupe SYMBOLIC)

function(house_flags target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  if(TROUPE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# Compiles every .proto of a folder: a/b.proto is included as <troupe/a/b.pb.h>; `function` makes its messages CAF types.
function(house_protos target folder function)
  file(GLOB protos CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.proto)
  set(generated_dir ${TROUPE_GENERATED}/troupe/${folder})
  foreach(proto IN LISTS protos)
    get_filename_component(name ${proto} NAME_WE)
    set(pb ${generated_dir}/${name}.pb)
    add_custom_command(OUTPUT ${pb}.cc ${pb}.h
      COMMAND protobuf::protoc --proto_path=${TROUPE_INCLUDE} --cpp_out=${TROUPE_GENERATED} troupe/${folder}/${name}.proto
      DEPENDS ${protos} COMMENT "protoc ${folder}/${name}.proto" VERBATIM)
    list(APPEND headers ${pb}.h)
    target_sources(${target} PRIVATE ${pb}.cc ${pb}.h)
    set_source_files_properties(${pb}.cc PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS -w)
  endforeach()
  add_custom_command(OUTPUT ${generated_dir}/types.cpp
    COMMAND python3 ${CMAKE_SOURCE_DIR}/.cmake/message_types.py ${generated_dir}/types.cpp ${folder} ${function} ${protos}
    DEPENDS ${protos} ${CMAKE_SOURCE_DIR}/.cmake/message_types.py COMMENT "type IDs of ${folder}" VERBATIM)
  target_sources(${target} PRIVATE ${generated_dir}/types.cpp)
  add_custom_target(${target}_protos DEPENDS ${headers}) # enough for tools that only read
endfunction()

# Makes the workflows of examples/workflows/ with these names a part of `target`, see net/node/workflow_templates.hpp.
function(house_templates target)
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/examples/workflows/ OUTPUT_VARIABLE files)
  list(TRANSFORM files APPEND .yaml)
  set(script ${CMAKE_SOURCE_DIR}/.cmake/embed_templates.py)
  add_custom_command(OUTPUT ${TROUPE_GENERATED}/templates.cpp
    COMMAND python3 ${script} ${TROUPE_GENERATED}/templates.cpp ${files}
    DEPENDS ${script} ${files} COMMENT "templates" VERBATIM)
  target_sources(${target} PRIVATE ${TROUPE_GENERATED}/templates.cpp)
endfunction()

# Compiles the gRPC services of a folder's .proto files into `target`; their messages stay with the library that owns the folder.
function(house_services target folder)
  file(GLOB protos CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.proto)
  foreach(proto IN LISTS protos)
    file(STRINGS ${proto} services REGEX "^service ")
    if(services)
      get_filename_component(name ${proto} NAME_WE)
      set(stub ${TROUPE_GENERATED}/troupe/${folder}/${name}.grpc.pb)
      add_custom_command(OUTPUT ${stub}.cc ${stub}.h
        COMMAND protobuf::protoc --proto_path=${TROUPE_INCLUDE} --grpc_out=${TROUPE_GENERATED}
          --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin> troupe/${folder}/${name}.proto
        DEPENDS ${protos} COMMENT "gRPC ${folder}/${name}.proto" VERBATIM)
      target_sources(${target} PRIVATE ${stub}.cc ${stub}.h)
      set_source_files_properties(${stub}.cc PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS -w)
    endif()
  endforeach()
endfunction()

# Calls `function` with an id and the files, for up to eight neighbours in a folder at a time.
function(house_neighbours function)
  foreach(source IN LISTS ARGN)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE folder)
    cmake_path(REMOVE_FILENAME folder)
    string(MAKE_C_IDENTIFIER "${folder}" id)
    list(APPEND ids ${id})
    list(APPEND of_${id} ${source})
  endforeach()
  list(REMOVE_DUPLICATES ids)
  foreach(id IN LISTS ids)
    list(LENGTH of_${id} count)
    math(EXPR parts "(${count} + 7) / 8")
    math(EXPR last "${parts} - 1")
    foreach(part RANGE ${last})
      math(EXPR begin "${part} * ${count} / ${parts}")
      math(EXPR length "(${part} + 1) * ${count} / ${parts} - ${begin}")
      list(SUBLIST of_${id} ${begin} ${length} files)
      cmake_language(CALL ${function} ${id}${part} ${files})
    endforeach()
  endforeach()
endfunction()

# Neighbours are compiled as one, but for folders and files that are named in APART: they have names of their own for the same things.
function(house_together sources)
  cmake_parse_arguments(arg "" "" "APART" ${ARGN})
  list(TRANSFORM arg_APART PREPEND ${CMAKE_SOURCE_DIR}/)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    if(NOT folder IN_LIST arg_APART AND NOT source IN_LIST arg_APART)
      list(APPEND together ${source})
    endif()
  endforeach()
  house_neighbours(house_unity_group ${together})
endfunction()
function(house_unity_group id)
  set_source_files_properties(${ARGN} PROPERTIES UNITY_GROUP ${id})
endfunction()

# One library per floor: its sources are globbed, its links are its permission to include. HEADERS are seen while we
# build and by nobody after: a library without objects of its own. APART: see house_together().
function(house_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS;PUBLIC;PRIVATE;HEADERS;APART" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/net/node/main.cpp$")
  add_library(${name} STATIC ${sources})
  add_library(troupe::${name} ALIAS ${name})
  house_together("${sources}" APART ${arg_APART})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME troupe_${name} UNITY_BUILD ${TROUPE_TOGETHER} UNITY_BUILD_MODE GROUP)
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${TROUPE_INCLUDE}> $<BUILD_INTERFACE:${TROUPE_GENERATED}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS} ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  foreach(library IN LISTS arg_HEADERS)
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:${library}>)
  endforeach()
  house_flags(${name})
  if(EXISTS ${CMAKE_SOURCE_DIR}/${name}/proto)
    house_protos(${name} ${name}/proto add_messages)
  endif()
  house_precompiled(${name})

  # Once more, watched by sanitizers; what is generated is not.
  add_library(${name}_sanitized OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${name}_sanitized PRIVATE ${name} ${arg_PRIVATE} ${arg_HEADERS})
  house_flags(${name}_sanitized)
  house_precompiled(${name}_sanitized ${house_sanitizers})
  set_target_properties(${name}_sanitized PROPERTIES UNITY_BUILD ${TROUPE_TOGETHER} UNITY_BUILD_MODE GROUP)
endfunction()

# CAF is dear to compile: a precompiled header, built once, is reused by every target with the same FLAGS.
function(house_precompiled target)
  set(pch house_pch)
  if(ARGN)
    set(pch house_pch_sanitized)
    target_compile_options(${target} PRIVATE ${ARGN})
  endif()
  if(NOT TARGET ${pch})
    file(WRITE ${CMAKE_BINARY_DIR}/house_pch.cpp.in "// Carries the precompiled header.\n")
    configure_file(${CMAKE_BINARY_DIR}/house_pch.cpp.in ${CMAKE_BINARY_DIR}/house_pch.cpp COPYONLY)
    add_library(${pch} OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/house_pch.cpp)
    target_link_libraries(${pch} PRIVATE CAF::core protobuf::libprotobuf fmt::fmt)
    target_precompile_headers(${pch} PRIVATE <caf/all.hpp> <google/protobuf/message.h> <fmt/format.h>
      <map> <string> <unordered_map> <vector>)
    target_compile_options(${pch} PRIVATE ${ARGN})
    house_flags(${pch})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${pch})
endfunction()

# A program: house_program(name sources... LINKS libraries...)
function(house_program name)
  cmake_parse_arguments(arg "" "" "LINKS" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${arg_LINKS})
  if(NOT TROUPE_FUZZ) # sanitizers bring their own
    target_link_libraries(${name} PRIVATE jemalloc)
  endif()
  house_flags(${name})
  house_precompiled(${name})
endfunction()

# A program whose FLOORS are watched by sanitizers: their objects come first and so take the place of the libraries'.
function(house_sanitized_program name)
  cmake_parse_arguments(arg "" "" "FLOORS;LINKS" ${ARGN})
  list(TRANSFORM arg_FLOORS REPLACE "(.+)" "$<TARGET_OBJECTS:\\1_sanitized>" OUTPUT_VARIABLE watched)
  add_executable(${name} EXCLUDE_FROM_ALL ${watched} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${arg_LINKS})
  target_link_options(${name} PRIVATE -fsanitize=address,undefined)
  house_flags(${name})
  house_precompiled(${name})
endfunction()
