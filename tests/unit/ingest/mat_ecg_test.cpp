#include "mat_ecg.h"

#include <cstdint>
#include <string>
#include <vector>

#include "scar/data/ecg_record.h"
#include "test_files.h"

namespace scar::ingest {
namespace {

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// Type, size as stated, bytes; padded to a multiple of eight.
std::string element(std::uint32_t type, std::string data) {
  auto out = bytes_of<std::uint32_t>({type, static_cast<std::uint32_t>(data.size())});
  data.resize((data.size() + 7) / 8 * 8);
  return out + data;
}

std::string array(std::uint32_t kind, const std::vector<std::int32_t>& dimensions, const std::string& name,
                  const std::string& content) {
  return element(14, element(6, bytes_of<std::uint32_t>({kind, 0})) + element(5, bytes_of(dimensions)) +
                         element(1, name) + content);
}

std::string file(const std::string& variable) {
  std::string header(124, ' ');
  return header + std::string("\0\1IM", 4) + variable;
}

std::string ecg(const std::string& data) {
  return file(array(2, {1, 1}, "ECG",
                    element(5, bytes_of<std::int32_t>({8})) + element(1, std::string("data\0\0\0\0", 8)) + data));
}

std::vector<double> ramp(std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i) / 100;
  return values;
}

EcgSamples parse(const std::string& bytes) { return parse_mat_ecg(bytes, "a.mat"); }

TEST(MatEcg, LeadsOfASampleStandSideBySide) {
  const auto got = parse(ecg(array(6, {12, 3}, "", element(9, bytes_of(ramp(36))))));
  EXPECT_EQ(got.samples, 3);
  EXPECT_EQ(got.values[0 * 3 + 1], 120);  // 0.12 mV, in uV
  EXPECT_EQ(got.values[11 * 3 + 2], 350);
}

TEST(MatEcg, WholeNumbersMayBeStoredInASmallerType) {
  std::vector<std::int16_t> values(24, -2);
  const auto got = parse(ecg(array(6, {12, 2}, "", element(3, bytes_of(values)))));
  EXPECT_EQ(got.values[5], -2000);
}

TEST(MatEcg, SizesThatTheFileDoesNotHoldAreRefusedBeforeMemoryIsTaken) {
  const auto data = element(9, bytes_of(ramp(36)));
  for (const auto& dimensions : std::vector<std::vector<std::int32_t>>{
           {12, 1'000'000}, {12, 2'147'483'647}, {12, -3}, {12, 0}, {-12, 3}, {12, 2}, {3, 12}, {12, 3, 1}, {}}) {
    EXPECT_PROBLEM(parse(ecg(array(6, dimensions, "", data))), Code::mat_invalid, "a.mat");
  }
  auto long_element = ecg(array(6, {12, 3}, "", data));
  long_element.replace(128 + 4, 4, "\xFF\xFF\xFF\x7F");
  EXPECT_PROBLEM(parse(long_element), Code::mat_invalid, "a.mat");
}

TEST(MatEcg, AVariableThatIsCutAnywhereIsTyped) {
  const auto whole = ecg(array(6, {12, 3}, "", element(9, bytes_of(ramp(36)))));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_PROBLEM(parse(whole.substr(0, size)), Code::mat_invalid, "a.mat");
}

TEST(MatEcg, OtherVersionsAndValuesThatAreNoVoltagesAreRefused) {
  auto version = ecg(array(6, {12, 3}, "", element(9, bytes_of(ramp(36)))));
  version[125] = 2;  // MATLAB 7.3 is HDF5
  EXPECT_PROBLEM(parse(version), Code::mat_invalid, "a.mat");
  auto huge = ramp(36);
  huge[7] = 1e300;
  EXPECT_PROBLEM(parse(ecg(array(6, {12, 3}, "", element(9, bytes_of(huge))))), Code::mat_invalid, "a.mat");
}

}  // namespace
}  // namespace scar::ingest
