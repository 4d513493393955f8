#include "algorithms/catalogue.hpp"
#include "algorithms/compressors/bf16.hpp"
#include "algorithms/compressors/block_top_k.hpp"
#include "algorithms/compressors/dithering.hpp"
#include "algorithms/compressors/f16.hpp"
#include "algorithms/compressors/f32.hpp"
#include "algorithms/compressors/identity.hpp"
#include "algorithms/compressors/natural.hpp"
#include "algorithms/compressors/qsgd.hpp"
#include "algorithms/compressors/rand_k.hpp"
#include "algorithms/compressors/sign.hpp"
#include "algorithms/compressors/ternary.hpp"
#include "algorithms/compressors/top_k.hpp"

namespace cohort {

const Registry<Compressor>& compressors() {
  static const Registry<Compressor> table = [] {
    Registry<Compressor> r("compressor");
    r.add<Identity, CompressorOf>();
    r.add<TopK, CompressorOf>();
    r.add<BlockTopK, CompressorOf>();
    r.add<RandK, CompressorOf>();
    r.add<Qsgd, CompressorOf>();
    r.add<Dithering, CompressorOf>();
    r.add<Natural, CompressorOf>();
    r.add<Ternary, CompressorOf>();
    r.add<Sign, CompressorOf>();
    r.add<F32, CompressorOf>();
    r.add<F16, CompressorOf>();
    r.add<Bf16, CompressorOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
