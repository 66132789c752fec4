# loquat_embed_files(TARGET DIRECTORY): compiles the files below DIRECTORY into the static library TARGET. Its header
# TARGET.h gives them as TARGET::files(), sorted, as EmbeddedFile (src/base/embedded_file.h). What lies in assets/ has
# its hash in its name and may be cached for ever. The work is done by a program of ours, cmake/embed_files.cc.

function(loquat_embed_files target directory)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${directory}/*)
  if(NOT TARGET embed_files)
    find_package(ZLIB REQUIRED)
    add_executable(embed_files ${PROJECT_SOURCE_DIR}/cmake/embed_files.cc)
    target_include_directories(embed_files PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(embed_files PRIVATE ZLIB::ZLIB)
  endif()
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${target})
  add_custom_command(
    OUTPUT ${generated}/${target}.h ${generated}/${target}.cc
    COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
    COMMAND embed_files ${target} ${directory} ${generated}
    DEPENDS embed_files ${files}
    COMMENT "Embedding ${directory}"
    VERBATIM)
  add_library(${target} STATIC ${generated}/${target}.cc ${generated}/${target}.h)
  target_include_directories(${target} PUBLIC ${generated})
  target_link_libraries(${target} PUBLIC loquat_base)
endfunction()
