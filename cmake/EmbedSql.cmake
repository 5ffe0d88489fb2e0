# embed_sql(lightfast_db db/migrations)  compiles the folder's NNNN_name.sql files into the target, as the table that
# db/migrations.h declares. Run with -P, this same file writes that table.
if(CMAKE_SCRIPT_MODE_FILE)
  set(rows "")
  foreach(file IN LISTS FILES)
    get_filename_component(stem ${file} NAME_WE)
    if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
      message(FATAL_ERROR "${file}: a migration is named NNNN_what_it_does.sql")
    endif()
    set(name "${CMAKE_MATCH_2}")
    string(REGEX REPLACE "^0+" "" version "${CMAKE_MATCH_1}")
    file(READ ${file} sql)
    string(APPEND rows "    {${version}, \"${name}\", R\"sql(${sql})sql\"},\n")
  endforeach()
  file(WRITE ${OUTPUT} "#include \"db/migrations.h\"\n\nnamespace lightfast::db {\n\n"
    "std::span<const Migration> embedded_migrations() {\n  static constexpr Migration all[] = {\n${rows}  };\n"
    "  return all;\n}\n\n}  // namespace lightfast::db\n")
  return()
endif()

set(EMBED_SQL_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(embed_sql target folder)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.sql)
  list(SORT files)
  set(output ${PROJECT_BINARY_DIR}/${folder}.cpp)
  add_custom_command(OUTPUT ${output} DEPENDS ${files} ${EMBED_SQL_SCRIPT} VERBATIM
    COMMAND ${CMAKE_COMMAND} "-DFILES=${files}" -DOUTPUT=${output} -P ${EMBED_SQL_SCRIPT})
  target_sources(${target} PRIVATE ${output})
endfunction()
