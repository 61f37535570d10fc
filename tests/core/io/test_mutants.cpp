// Readers of the core against mutated files: each is read or refused by an error of the library, within 5 s.
#include "fokker/core/config/config_document.h"
#include "fokker/core/io/file.h"
#include "fokker/core/io/png.h"
#include "fokker/core/io/safetensors.h"
#include "tests/support/folder.h"
#include "tests/support/mutants.h"

using namespace fokker;

namespace {

constexpr int few = 1000, many = 100'000;

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void mutate_safetensors(int count) {
  const TemporaryFolder folder;
  const auto path = folder / "a.safetensors";
  SafeTensors content;
  content.metadata["format"] = "fokker";
  content.tensors.emplace_back("layers.0.weight", Tensor::ones({3, 4}));
  content.tensors.emplace_back("layers.0.bias", Tensor::zeros({4}, Dtype::f64));
  write_safetensors(path, content);
  read_mutants(read_file(path), count, 1, [&](const auto& bytes) { parse_safetensors(bytes, "a.safetensors"); });
}

void mutate_png(int count) {
  const auto bytes = encode_png(Tensor::ones({2, 8, 8, 3}), {.scale = 1});
  read_mutants(bytes, count, 2, [&](const auto& changed) { parse_png(changed, "a.png"); });
}

void mutate_config(int count) {
  constexpr std::string_view text = R"TOML(name = "digits" # a comment
seed = 0
[data]
source = 'digits'
augment = ["shift(1)", "flip"]
[network]
channels = [32, 64]
attention = [false, true]
scale = { a.b.c = 1, d = [1.5, -inf, 1e-3] }
long = """
several "lines"
"""
[[sample]]
solver = "heun"
when = 2024-01-01T00:00:00Z
[[sample]]
steps = 0x20
)TOML";
  read_mutants(bytes_of(text), count, 3, [](const auto& bytes) {
    const std::string_view changed(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const Config config = Config::parse(changed, "a.toml");
    Config::parse(config.to_text(), "again.toml");  // what is read can be written and read again
  });
}

void mutate_overrides(int count) {
  read_mutants(bytes_of("sample.0.steps=[1, {a.b = 'x'}, 2.5]"), count, 4, [](const auto& bytes) {
    Config::of({std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())}).to_text();
  });
}

}  // namespace

TEST_CASE("mutated safetensors are read or refused", "[mutants]") { mutate_safetensors(few); }
TEST_CASE("mutated pictures are read or refused", "[mutants]") { mutate_png(few); }
TEST_CASE("mutated configs are read or refused", "[mutants]") { mutate_config(few); }
TEST_CASE("mutated overrides are read or refused", "[mutants]") { mutate_overrides(few); }
TEST_CASE("a hundred thousand mutants of each reader", "[mutants][nightly]") {
  mutate_safetensors(many);
  mutate_png(many);
  mutate_config(many);
  mutate_overrides(many);
}
