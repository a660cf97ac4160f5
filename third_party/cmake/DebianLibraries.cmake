# Small Debian libraries, static where Debian has the archive, so that the programs run where they are not
# installed. Installed with the package: find_package(scar) reads this file too.
#   nlohmann_json::nlohmann_json  OpenSSL::Crypto  scar::yaml  scar::xxhash  scar::utf8proc  scar::zlib  scar::png  scar::spdlog
function(_scar_archive target archive header package)
  if(TARGET ${target})
    return()
  endif()
  string(MAKE_C_IDENTIFIER "SCAR_${archive}" _variable)
  find_library(${_variable} NAMES ${archive})
  find_path(${_variable}_INCLUDE NAMES ${header})
  mark_as_advanced(${_variable} ${_variable}_INCLUDE)
  if(NOT ${_variable} OR NOT ${_variable}_INCLUDE)
    message(FATAL_ERROR "${archive} or ${header} is missing: run scripts/setup.sh, or: apt-get install ${package}")
  endif()
  add_library(${target} STATIC IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${${_variable}}
                        INTERFACE_INCLUDE_DIRECTORIES ${${_variable}_INCLUDE})
endfunction()

find_package(nlohmann_json 3.11 REQUIRED)
set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
_scar_archive(scar::yaml libyaml-cpp.a yaml-cpp/yaml.h libyaml-cpp-dev)
_scar_archive(scar::xxhash libxxhash.a xxhash.h libxxhash-dev)

if("text" IN_LIST SCAR_BUILT_MODULES OR NOT DEFINED SCAR_BUILT_MODULES)
  _scar_archive(scar::utf8proc libutf8proc.a utf8proc.h libutf8proc-dev)
endif()

if("ingest" IN_LIST SCAR_BUILT_MODULES OR "report" IN_LIST SCAR_BUILT_MODULES OR NOT DEFINED SCAR_BUILT_MODULES)
  _scar_archive(scar::zlib libz.a zlib.h zlib1g-dev)
endif()
if("report" IN_LIST SCAR_BUILT_MODULES OR NOT DEFINED SCAR_BUILT_MODULES)
  _scar_archive(scar::png libpng.a png.h libpng-dev)
  set_target_properties(scar::png PROPERTIES INTERFACE_LINK_LIBRARIES "scar::zlib;m")
endif()

# Headers alone: on core/log.cpp they are compiled with Debian's fmt, also headers alone (SPDLOG_FMT_EXTERNAL).
if(NOT TARGET scar::spdlog)
  find_path(SCAR_SPDLOG_INCLUDE spdlog/spdlog.h)
  find_path(SCAR_FMT_INCLUDE fmt/format.h)
  mark_as_advanced(SCAR_SPDLOG_INCLUDE SCAR_FMT_INCLUDE)
  if(NOT SCAR_SPDLOG_INCLUDE OR NOT SCAR_FMT_INCLUDE)
    message(FATAL_ERROR "spdlog or fmt is missing: run scripts/setup.sh, or: apt-get install libspdlog-dev libfmt-dev")
  endif()
  add_library(scar::spdlog INTERFACE IMPORTED GLOBAL)
  set_target_properties(scar::spdlog PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${SCAR_SPDLOG_INCLUDE};${SCAR_FMT_INCLUDE}"
    INTERFACE_COMPILE_DEFINITIONS "SPDLOG_FMT_EXTERNAL;FMT_HEADER_ONLY")
endif()
