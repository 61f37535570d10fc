#include <cstdlib>
#include <string_view>

#include "fokker/core/base/error.h"
#include "fokker/core/kernels/isa.h"

namespace fokker::kernels {
namespace {

#define FOKKER_TABLE(isa, name)                                                                                  \
  Table {                                                                                                        \
    name, isa::elementwise_table, isa::reduce_table, isa::linear_table, isa::attention_table, isa::update_table, \
        isa::random_table, isa::bf16_table                                                                       \
  }

const Table& baseline_table() {
  static const Table table = FOKKER_TABLE(baseline, "baseline");
  return table;
}

#if defined(__x86_64__)
const Table* v3_table() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi") ||
      !__builtin_cpu_supports("bmi2"))
    return nullptr;
  static const Table table = FOKKER_TABLE(v3, "x86-64-v3");
  return &table;
}

const Table* v4_table() {
  if (!v3_table() || !__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512cd") || !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return nullptr;
  static const Table table = FOKKER_TABLE(v4, "x86-64-v4");
  return &table;
}
#else
const Table* v3_table() { return nullptr; }
const Table* v4_table() { return nullptr; }
#endif

const Table& choose() {
  if (const char* wish = std::getenv("FOKKER_ISA")) {
    const std::string_view name = wish;
    require<ConfigError>(name == "baseline" || name == "v3" || name == "v4",
                         "[kernels] expected the instruction set (--isa, FOKKER_ISA) to be baseline, v3 or v4, got "
                         "\"{}\"",
                         name);
    const Table* chosen = table(name);
    require<ConfigError>(
        chosen, "[kernels] this CPU lacks the instruction set {} (--isa, FOKKER_ISA); take a lesser one", name);
    return *chosen;
  }
  if (const Table* best = v4_table()) return *best;
  if (const Table* best = v3_table()) return *best;
  return baseline_table();
}

}  // namespace

const Table& table() {
  static const Table& best = choose();
  return best;
}

const Table* table(std::string_view name) {
  if (name == "baseline") return &baseline_table();
  if (name == "v3" || name == "x86-64-v3") return v3_table();
  if (name == "v4" || name == "x86-64-v4") return v4_table();
  return nullptr;
}

}  // namespace fokker::kernels
