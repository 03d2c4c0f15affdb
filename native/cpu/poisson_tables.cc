#include "cpu/poisson_tables.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

namespace evensr::cpu {

namespace {

struct Entry {
  std::once_flag built;
  std::unique_ptr<PoissonTables> tables;
};

std::unique_ptr<PoissonTables> build(int valsExponent) {
  auto tables = std::make_unique<PoissonTables>();
  for (int level = 0; level < kLevels; level++) {
    const double rate = static_cast<double>(level << valsExponent) / 255.0;
    const AliasTable table = aliasTable(poissonMasses(rate));
    std::copy(std::begin(table.slots), std::end(table.slots), tables->slots[level]);
    tables->smallest[level] = table.smallest;
  }
  return tables;
}

}  // namespace

const PoissonTables& poissonTables(int valsExponent) {
  static std::array<Entry, 9> entries;
  Entry& entry = entries.at(static_cast<size_t>(valsExponent));
  std::call_once(entry.built, [&] { entry.tables = build(valsExponent); });
  return *entry.tables;
}

}  // namespace evensr::cpu
