# scar::sentencepiece: static, with its symbols hidden. libc10 exports a 4-byte FLAGS_minloglevel, sentencepiece's
# object of that name has 32 bytes; unhidden, both bind to one storage. The link option is an interface property, so it
# reaches every final link of whatever stands on scar::text; tests/layout checks the programs' symbol tables.
if(NOT TARGET scar::sentencepiece)
  if(NOT SENTENCEPIECE_ROOT)
    set(SENTENCEPIECE_ROOT ${SCAR_CACHE}/sentencepiece-0.2.1)
  endif()
  set(_lib ${SENTENCEPIECE_ROOT}/lib)
  foreach(_file lib/libsentencepiece.a lib/libsentencepiece_train.a include/sentencepiece_processor.h)
    if(NOT EXISTS ${SENTENCEPIECE_ROOT}/${_file})
      message(FATAL_ERROR "sentencepiece 0.2.1 is missing (${SENTENCEPIECE_ROOT}/${_file}): run scripts/setup.sh")
    endif()
  endforeach()
  add_library(scar::sentencepiece STATIC IMPORTED GLOBAL)
  set_target_properties(scar::sentencepiece PROPERTIES IMPORTED_LOCATION ${_lib}/libsentencepiece_train.a
    INTERFACE_INCLUDE_DIRECTORIES ${SENTENCEPIECE_ROOT}/include
    INTERFACE_LINK_LIBRARIES "${_lib}/libsentencepiece.a;Threads::Threads"
    INTERFACE_LINK_OPTIONS "LINKER:--exclude-libs,libsentencepiece.a:libsentencepiece_train.a")
endif()
