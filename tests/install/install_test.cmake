# cmake -D build= -D source= -D work= -D generator= -D compiler= -D version= -D library_folder= -P install_test.cmake
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${what} failed (${failed}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${work})
# Moved after installation: a package with absolute paths to its own files would not survive that.
run("install" ${CMAKE_COMMAND} --install ${build} --prefix ${work}/first)
file(RENAME ${work}/first ${work}/prefix)

# TORCH_ROOT names nothing: a user of core and data alone needs no LibTorch.
run("configuring the consumer" ${CMAKE_COMMAND} -S ${source} -B ${work}/build -G ${generator}
    -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_PREFIX_PATH=${work}/prefix -DTORCH_ROOT=${work}/no-torch)
run("building the consumer" ${CMAKE_COMMAND} --build ${work}/build)
run("running the consumer" ${work}/build/consumer ${work}/store)
if(NOT output MATCHES "scar ${version}: 3 records, aVR is row 3")
  message(FATAL_ERROR "the consumer said: ${output}")
endif()

# A component that does not exist is refused with the list of those that do.
execute_process(COMMAND ${CMAKE_COMMAND} -S ${source} -B ${work}/refused -G ${generator}
                -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_PREFIX_PATH=${work}/prefix -DCOMPONENTS=core\;datum
                RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE error)
if(NOT failed OR NOT error MATCHES "no component 'datum'")
  message(FATAL_ERROR "a wrong component was not refused: ${error}")
endif()

# Nothing that was installed may remember the build or the source folder.
file(GLOB_RECURSE package ${work}/prefix/${library_folder}/cmake/scar/*)
if(NOT package)
  message(FATAL_ERROR "no package files in ${work}/prefix/${library_folder}/cmake/scar")
endif()
foreach(file IN LISTS package)
  file(READ ${file} text)
  string(FIND "${text}" "${build}" at)
  if(NOT at EQUAL -1)
    message(FATAL_ERROR "${file} names the build folder ${build}")
  endif()
endforeach()
file(REMOVE_RECURSE ${work})
