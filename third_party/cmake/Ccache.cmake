# A fresh clone in another folder hits the cache of the old one: paths below the base directory are hashed relative to
# the build folder, and the build folder itself is not hashed. Debug information then names the first clone's folder.
set(SCAR_CCACHE_STATE "off")
if(SCAR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(SCAR_CCACHE_PROGRAM ccache)
  mark_as_advanced(SCAR_CCACHE_PROGRAM)
  if(SCAR_CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${SCAR_CCACHE_PROGRAM})
    set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
    set(SCAR_CCACHE_STATE "${SCAR_CCACHE_PROGRAM}")
  else()
    set(SCAR_CCACHE_STATE "not installed")
  endif()
endif()
