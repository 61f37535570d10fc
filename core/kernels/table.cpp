#include <cstdlib>
#include <string_view>

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
  const char* wish = std::getenv("FOKKER_ISA");
  const std::string_view at_most = wish ? wish : "v4";
  if (at_most == "baseline") return baseline_table();
  const Table* best = at_most == "v3" ? nullptr : v4_table();
  if (!best) best = v3_table();
  return best ? *best : baseline_table();
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
