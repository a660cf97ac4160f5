# Sources of the synthetic generator, part of the data module.
set(SCAR_SYNTHETIC_SOURCES
  synthetic/calibration.cpp
  synthetic/evidence.cpp
  synthetic/findings.cpp
  synthetic/noise.cpp
  synthetic/parameters.cpp
  synthetic/phrases.cpp
  synthetic/render.cpp
  synthetic/report.cpp
  synthetic/scene.cpp
  synthetic/store.cpp
  synthetic/trace.cpp
  synthetic/twins.cpp
  synthetic/waves.cpp)
