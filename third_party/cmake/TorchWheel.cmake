# torchw::torch_cpu, torchw::c10 and, in a full wheel, torchw::torch_cuda, torchw::c10_cuda; scar::torch is what the
# modules link: the first two. Own imported targets and not find_package(Torch): that one enables the CUDA language,
# demands an exactly matching toolkit and changes global flags. TORCH_ROOT may be the wheel that scripts/setup.sh
# unpacked, an unpacked libtorch archive or a Python environment's site-packages/torch.
if(NOT TARGET scar::torch)
  set(_version_header ${TORCH_ROOT}/include/torch/headeronly/version.h)
  if(NOT EXISTS ${_version_header})
    message(FATAL_ERROR "no LibTorch in TORCH_ROOT=${TORCH_ROOT}: run scripts/setup.sh, or configure with -DTORCH_ROOT=<site-packages/torch of torch 2.11, or an unpacked libtorch 2.11>")
  endif()
  set(SCAR_TORCH_VERSION "")
  file(STRINGS ${_version_header} _version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  foreach(_line IN LISTS _version_lines)
    string(REGEX MATCH "[0-9]+" _number "${_line}")
    list(APPEND SCAR_TORCH_VERSION ${_number})
  endforeach()
  list(JOIN SCAR_TORCH_VERSION "." SCAR_TORCH_VERSION)
  if(NOT SCAR_TORCH_VERSION MATCHES "^2\\.11(\\.|$)")
    message(FATAL_ERROR "scar needs LibTorch 2.11, found ${SCAR_TORCH_VERSION} in TORCH_ROOT=${TORCH_ROOT}: run scripts/setup.sh and leave TORCH_ROOT unset, or name a 2.11")
  endif()
  foreach(_name c10 torch_cpu c10_cuda torch_cuda)
    if(EXISTS ${TORCH_ROOT}/lib/lib${_name}.so)
      add_library(torchw::${_name} SHARED IMPORTED GLOBAL)
      # An imported target's include directories are system ones: after the project's own, and without warnings.
      # libtorch_cpu names symbols of libraries that a CPU install lacks, hence --allow-shlib-undefined.
      set_target_properties(torchw::${_name} PROPERTIES IMPORTED_LOCATION ${TORCH_ROOT}/lib/lib${_name}.so
        INTERFACE_INCLUDE_DIRECTORIES "${TORCH_ROOT}/include;${TORCH_ROOT}/include/torch/csrc/api/include"
        INTERFACE_COMPILE_DEFINITIONS "USE_DISTRIBUTED;USE_C10D_GLOO"
        INTERFACE_LINK_OPTIONS "LINKER:--allow-shlib-undefined")
    endif()
  endforeach()
  if(NOT TARGET torchw::torch_cpu OR NOT TARGET torchw::c10)
    message(FATAL_ERROR "TORCH_ROOT=${TORCH_ROOT} has headers but not lib/libtorch_cpu.so and lib/libc10.so: run scripts/setup.sh")
  endif()
  add_library(scar::torch INTERFACE IMPORTED GLOBAL)
  set_target_properties(scar::torch PROPERTIES INTERFACE_LINK_LIBRARIES "torchw::torch_cpu;torchw::c10")
endif()
