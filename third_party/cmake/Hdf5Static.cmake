# scar::hdf5: Debian's serial HDF5 as archives. The shared library drags in about thirty others (curl, OpenSSL,
# Kerberos, LDAP); these need libc and libm alone. find_package(HDF5) would choose the shared one.
if(NOT TARGET scar::hdf5)
  set(_debian /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE})
  find_library(SCAR_HDF5_ARCHIVE NAMES libhdf5.a PATHS ${_debian}/hdf5/serial PATH_SUFFIXES hdf5/serial)
  find_path(SCAR_HDF5_INCLUDE hdf5.h PATHS /usr/include/hdf5/serial PATH_SUFFIXES hdf5/serial)
  find_library(SCAR_SZ_ARCHIVE NAMES libsz.a)
  find_library(SCAR_AEC_ARCHIVE NAMES libaec.a)
  find_library(SCAR_Z_ARCHIVE NAMES libz.a)
  mark_as_advanced(SCAR_HDF5_ARCHIVE SCAR_HDF5_INCLUDE SCAR_SZ_ARCHIVE SCAR_AEC_ARCHIVE SCAR_Z_ARCHIVE)
  foreach(_part SCAR_HDF5_ARCHIVE SCAR_HDF5_INCLUDE SCAR_SZ_ARCHIVE SCAR_AEC_ARCHIVE SCAR_Z_ARCHIVE)
    if(NOT ${_part})
      message(FATAL_ERROR "static HDF5 is incomplete (${_part}): run scripts/setup.sh, or: apt-get install libhdf5-dev libaec-dev zlib1g-dev")
    endif()
  endforeach()
  add_library(scar::hdf5 STATIC IMPORTED GLOBAL)
  set_target_properties(scar::hdf5 PROPERTIES IMPORTED_LOCATION ${SCAR_HDF5_ARCHIVE}
    INTERFACE_INCLUDE_DIRECTORIES ${SCAR_HDF5_INCLUDE}
    INTERFACE_LINK_LIBRARIES "${SCAR_SZ_ARCHIVE};${SCAR_AEC_ARCHIVE};${SCAR_Z_ARCHIVE};${CMAKE_DL_LIBS};m")
endif()
