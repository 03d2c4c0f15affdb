// Compiled once a SIMD path by noise_words.cc, inside the path's namespace.
//
// Every number of the generator has a lane of 64 bits, so that a product needs no shuffling: its
// upper half is shifted down, its lower half is where it belongs. See philox4x32 in math/philox.h.

void fillNoiseWords(const NoiseField& field, uint32_t firstGroup, NoiseWords& out) {
  constexpr int kWideLanes = sizeof(Wide) / sizeof(uint64_t);
  constexpr int kRounds = 10;
  const Wide none = {};
  const Wide multiplier0 = none + 0xD2511F53u, multiplier1 = none + 0xCD9E8D57u;
  Wide keys[kRounds][2];
  for (uint32_t r = 0; r < kRounds; r++) {
    keys[r][0] = none + (field.k0 + r * 0x9E3779B9u);
    keys[r][1] = none + (field.k1 + r * 0xBB67AE85u);
  }
  // lowerHalves takes two lanes of one vector, then two of the other
  Wide offsets = {};
  for (int i = 0; i < kWideLanes; i++) offsets[i] = static_cast<uint64_t>(i / 2 * 4 + i % 2);
  const uint32_t use = static_cast<uint32_t>(field.noiseOperator) | field.stage << 8;

  for (int lane = 0; lane < kNoiseLanes; lane += 2 * kWideLanes) {
    Wide c0[2], c1[2], c2[2], c3[2];
#pragma GCC unroll 2
    for (int v = 0; v < 2; v++) {
      c0[v] = offsets + (firstGroup + static_cast<uint32_t>(lane + 2 * v));
      c1[v] = none + field.field;
      c2[v] = none + use;
      c3[v] = none;
    }
#pragma GCC unroll 10
    for (int r = 0; r < kRounds; r++) {
#pragma GCC unroll 2
      for (int v = 0; v < 2; v++) {
        const Wide product0 = multiply(c0[v], multiplier0), product1 = multiply(c2[v], multiplier1);
        c0[v] = (product1 >> 32) ^ c1[v] ^ keys[r][0];
        c1[v] = product1;
        c2[v] = (product0 >> 32) ^ c3[v] ^ keys[r][1];
        c3[v] = product0;
      }
    }
    const Narrow words[4] = {lowerHalves(c0[0], c0[1]), lowerHalves(c1[0], c1[1]),
                             lowerHalves(c2[0], c2[1]), lowerHalves(c3[0], c3[1])};
    for (int j = 0; j < 4; j++) std::memcpy(&out.words[j][lane], &words[j], sizeof words[j]);
  }
}
