#include "scar/core/hash.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace scar {
namespace {

TEST(Hash, Sha256EqualsItsStandard) {  // FIPS 180-4 examples
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 pieces;
  pieces.update("a");
  pieces.update("bc");
  EXPECT_EQ(pieces.hex(), sha256_hex("abc"));
}

TEST(Hash, Xxh3EqualsItsReference) {
  EXPECT_EQ(xxh3("", 0), 0x2d06800538d394c2u);  // XXH3_64bits of nothing, seed 0
  EXPECT_NE(xxh3("a", 1), xxh3("b", 1));
  // From the SSE2 code of libxxhash 0.8.1: every processor's instructions must give these.
  const std::map<std::size_t, std::uint64_t> expected{
      {1000, 0xf3f79bcb1150f228u}, {24000, 0x320b24bef4e2e623u}, {120000, 0xd1af654a3a425ccfu}};
  for (const auto& [size, hash] : expected) {
    std::vector<unsigned char> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(i * 131 + i / 251);
    EXPECT_EQ(xxh3(bytes.data(), size), hash) << size;
  }
}

}  // namespace
}  // namespace scar
