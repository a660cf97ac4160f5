# SCAR_SANITIZE reaches compilation and link of every target of the project.
if(SCAR_SANITIZE)
  list(JOIN SCAR_SANITIZE "," _sanitizers)
  string(REGEX REPLACE "[,;]+" "," _sanitizers "${_sanitizers}")
  if(NOT _sanitizers MATCHES "^(address|undefined|thread)(,(address|undefined|thread))*$")
    message(FATAL_ERROR "SCAR_SANITIZE is '${SCAR_SANITIZE}', allowed: address, undefined, thread, or a list of them")
  endif()
  set(SCAR_SANITIZE_OPTIONS -fsanitize=${_sanitizers} -fno-omit-frame-pointer)
  if(_sanitizers MATCHES "undefined")
    list(APPEND SCAR_SANITIZE_OPTIONS -fno-sanitize-recover=undefined)
  endif()
endif()

# A fuzzer steers by the branches that an input takes, so that the libraries count them; only tests/fuzz links libFuzzer.
if(SCAR_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "SCAR_FUZZ needs clang, this is ${CMAKE_CXX_COMPILER_ID}: use the preset fuzz")
  endif()
  list(APPEND SCAR_SANITIZE_OPTIONS -fsanitize=fuzzer-no-link -fsanitize=float-cast-overflow
       -fno-sanitize-recover=float-cast-overflow)
endif()

function(scar_sanitize target)
  if(SCAR_SANITIZE_OPTIONS)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${SCAR_SANITIZE_OPTIONS}>)
    get_target_property(_type ${target} TYPE)
    if(_type STREQUAL "STATIC_LIBRARY")
      set(_scope INTERFACE)  # a static library does not link, what stands on it does
    else()
      set(_scope PRIVATE)
    endif()
    target_link_options(${target} ${_scope} ${SCAR_SANITIZE_OPTIONS})
  endif()
endfunction()
