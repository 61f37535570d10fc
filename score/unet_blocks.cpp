#include "fokker/score/unet_blocks.h"

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {

ResidualBlock::ResidualBlock(std::int64_t in, std::int64_t out, std::int64_t embedding, const UNetConfig& config,
                             const Rng& rng)
    : norm1(in, config.groups, Activation::silu),
      norm2(out, config.groups, Activation::silu),
      conv1(in, out, 3, rng.fork(0)),
      conv2(out, out, 3, rng.fork(1), 1, Init::zero),
      time_emb_proj(embedding, out, rng.fork(2)),
      dropout{config.dropout, rng.seed()} {
  if (in != out) conv_shortcut = Conv2d(in, out, 1, rng.fork(3));
}

Tensor ResidualBlock::operator()(const Tensor& x, const Tensor& embedding, const Pass& pass) const {
  Tensor h = conv1(norm1(x));
  h = h + reshape(time_emb_proj(embedding), {x.extent(0), 1, 1, h.extent(3)});
  h = conv2(dropout(norm2(h), pass));
  return (conv_shortcut.weight.defined() ? conv_shortcut(x) : x) + h;
}

void ResidualBlock::visit(const ParameterVisitor& visitor) {
  visitor("norm1", norm1);
  visitor("conv1", conv1);
  visitor("time_emb_proj", time_emb_proj);
  visitor("norm2", norm2);
  visitor("conv2", conv2);
  if (conv_shortcut.weight.defined()) visitor("conv_shortcut", conv_shortcut);
}

Tensor UNetLevel::layer(std::size_t i, const Tensor& x, const Tensor& embedding, const Pass& pass) const {
  const Tensor h = resnets[i](x, embedding, pass);
  return i < attentions.size() ? attentions[i](h) : h;
}

void UNetLevel::visit(const ParameterVisitor& visitor) {
  visitor("resnets", resnets);
  visitor("attentions", attentions);
  visitor("downsamplers", downsamplers);
  visitor("upsamplers", upsamplers);
}

}  // namespace fokker
