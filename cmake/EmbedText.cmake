# embed_text(lightfast_routes server/routes/openapi.json lightfast::routes::openapi_json)  compiles a file into the
# target, as the std::string_view of that name, which a header beside the file declares (openapi.json: openapi.h).
# Run with -P, this same file writes its definition.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${FILE} text)
  string(REGEX MATCH "^(.+)::([^:]+)$" matched "${NAME}")
  file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\nnamespace ${CMAKE_MATCH_1} {\n\n"
    "const std::string_view ${CMAKE_MATCH_2} = R\"embedded(${text})embedded\";\n\n}  // namespace ${CMAKE_MATCH_1}\n")
  return()
endif()

set(EMBED_TEXT_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(embed_text target file name)
  string(REGEX REPLACE "\\.[a-z]+$" ".h" header ${file})
  set(output ${PROJECT_BINARY_DIR}/${file}.cpp)
  add_custom_command(OUTPUT ${output} DEPENDS ${PROJECT_SOURCE_DIR}/${file} ${EMBED_TEXT_SCRIPT} VERBATIM
    COMMAND ${CMAKE_COMMAND} -DFILE=${PROJECT_SOURCE_DIR}/${file} -DHEADER=${header} -DNAME=${name} -DOUTPUT=${output}
            -P ${EMBED_TEXT_SCRIPT})
  target_sources(${target} PRIVATE ${output})
endfunction()
