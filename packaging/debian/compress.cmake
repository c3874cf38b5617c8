# Run by cpack before it packs: manual pages and changelogs are compressed, as Debian wants them.
file(GLOB_RECURSE files "${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/man/man?/*.[0-9]"
  "${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/doc/*/changelog")
execute_process(COMMAND gzip -9nf ${files} COMMAND_ERROR_IS_FATAL ANY)
