# Tests of the synthetic generator, part of the data module's test program.
set(SCAR_SYNTHETIC_TESTS
  synthetic_calibration_test.cpp
  synthetic_evidence_test.cpp
  synthetic_render_test.cpp
  synthetic_report_test.cpp
  synthetic_store_test.cpp)
