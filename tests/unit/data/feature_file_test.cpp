#include "scar/data/store/feature_file.h"

#include <cmath>

#include <gtest/gtest.h>
#include <hdf5.h>

#include "scar/core/cat.h"
#include "support/small_store.h"
#include "support/temporary_folder.h"

namespace scar::data {
namespace {

using test::TemporaryFolder;

FeatureFileHead head_of(std::int64_t rows, std::int64_t columns) {
  FeatureFileHead head;
  head.columns = columns;
  for (std::int64_t i = 0; i < rows; ++i) {
    head.ids.push_back(cat("grün-", i));
    head.folds.push_back(static_cast<std::int32_t>(i % 3));
  }
  head.about = {{"features", "embedding"}, {"mask", ""}};
  return head;
}

void write_rows(FeatureFileWriter& writer, std::int64_t rows, std::int64_t columns, std::int64_t batch) {
  for (std::int64_t first = 0; first < rows; first += batch) {
    const auto count = std::min(batch, rows - first);
    std::vector<float> values;
    std::vector<std::uint8_t> empty;
    for (auto i = first; i < first + count; ++i) {
      empty.push_back(i % 5 == 4 ? 1 : 0);
      for (std::int64_t c = 0; c < columns; ++c) values.push_back(static_cast<float>(i * columns + c));
    }
    writer.append(values.data(), empty.data(), count);
  }
}

template <class T>
std::vector<T> raw_read(const std::filesystem::path& file, const char* name, hid_t type, std::size_t size) {
  const auto f = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const auto set = H5Dopen2(f, name, H5P_DEFAULT);
  std::vector<T> values(size);
  EXPECT_GE(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0) << name;
  H5Dclose(set);
  H5Fclose(f);
  return values;
}

}  // namespace

TEST(FeatureFile, IsReadByHdf5AndEmptyRowsAreNotNumbers) {
  const TemporaryFolder folder;
  const auto path = folder / "features.h5";
  {
    FeatureFileWriter writer(path, head_of(12, 3));
    write_rows(writer, 12, 3, 5);
    EXPECT_FALSE(std::filesystem::exists(path));
    writer.commit();
  }
  const auto rows = raw_read<float>(path, "embedding", H5T_NATIVE_FLOAT, 36);
  const auto empty = raw_read<std::uint8_t>(path, "empty", H5T_NATIVE_UINT8, 12);
  const auto fold = raw_read<std::int32_t>(path, "fold", H5T_NATIVE_INT32, 12);
  for (std::size_t i = 0; i < 36; ++i) {
    EXPECT_EQ(empty[i / 3], i / 3 % 5 == 4 ? 1 : 0);
    EXPECT_EQ(fold[i / 3], static_cast<std::int32_t>(i / 3 % 3));
    if (empty[i / 3] == 1)
      EXPECT_TRUE(std::isnan(rows[i]));
    else
      EXPECT_EQ(rows[i], static_cast<float>(i));
  }
  EXPECT_NE(test::file_bytes(path).find("grün-11"), std::string::npos);
}

TEST(FeatureFile, HasTheSameBytesHoweverTheRowsCome) {
  const TemporaryFolder folder;
  constexpr std::int64_t kRows = 3000, kColumns = 17;
  for (const std::int64_t batch : {1, 7, 3000}) {
    FeatureFileWriter writer(folder / cat(batch, ".h5"), head_of(kRows, kColumns));
    write_rows(writer, kRows, kColumns, batch);
    writer.commit();
  }
  const auto bytes = test::file_bytes(folder / "1.h5");
  EXPECT_TRUE(test::file_bytes(folder / "7.h5") == bytes);
  EXPECT_TRUE(test::file_bytes(folder / "3000.h5") == bytes);
}

TEST(FeatureFile, LeavesNothingBehindUnlessItIsWhole) {
  const TemporaryFolder folder;
  {
    FeatureFileWriter writer(folder / "features.h5", head_of(12, 3));
    write_rows(writer, 5, 3, 5);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_EQ(test::thrown_code([&] { FeatureFileWriter writer(folder / "none/features.h5", head_of(1, 1)); }),
            Code::write_failed);
  EXPECT_EQ(test::thrown_code([&] { FeatureFileWriter writer(folder / "f.h5", head_of(1, std::int64_t{1} << 55)); }),
            Code::disk_full);
}

}  // namespace scar::data
