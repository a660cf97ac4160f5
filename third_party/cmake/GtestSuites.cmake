# Read by ctest: one test for each suite named in TEST(Suite, ...), TEST_F, TEST_P, TYPED_TEST of test_sources.
set(_suites "")
foreach(_source IN LISTS test_sources)
  file(READ ${_source} _text)
  string(REGEX MATCHALL "(^|\n)(TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\\([ \n]*[A-Za-z0-9_]+" _matches "${_text}")
  foreach(_match IN LISTS _matches)
    string(REGEX REPLACE ".*\\([ \n]*" "" _suite "${_match}")
    list(APPEND _suites ${_suite})
  endforeach()
endforeach()
list(REMOVE_DUPLICATES _suites)
list(SORT _suites)
foreach(_suite IN LISTS _suites)
  # The last three patterns are the names of suites with parameters and of typed suites.
  set(_entry ${test_name}.${_suite})
  add_test(${_entry} ${test_program} --gtest_brief=1 "--gtest_filter=${_suite}.*:*/${_suite}.*:${_suite}/*.*:*/${_suite}/*.*")
  set_tests_properties(${_entry} PROPERTIES
    LABELS "${test_labels}"
    TIMEOUT ${test_timeout}
    WORKING_DIRECTORY ${test_folder}
    ENVIRONMENT "OMP_NUM_THREADS=1;MKL_NUM_THREADS=1"
    # A program that is older than its sources lacks the suite; gtest itself would call that a success.
    FAIL_REGULAR_EXPRESSION "Running 0 tests|0 tests from 0 test suites")
endforeach()
