#include "fokker/score/networks/fourier_input.h"

#include <cmath>
#include <numbers>

#include "fokker/core/ops/elementwise.h"
#include "fokker/core/ops/view.h"

namespace fokker {

Tensor FourierInput::operator()(const Tensor& x, const Tensor& time, const Pass& pass) const {
  std::vector<Tensor> channels = {x};
  for (const std::int64_t n : exponents_) {
    const Tensor phase = x * (std::ldexp(1.0, static_cast<int>(n)) * std::numbers::pi);
    channels.push_back(sin(phase));
    channels.push_back(cos(phase));
  }
  return (*inner_)(concat(channels, x.rank() - 1), time, pass);
}

std::unique_ptr<Module> FourierInput::clone() const {
  return std::make_unique<FourierInput>(std::unique_ptr<Network>(static_cast<Network*>(inner_->clone().release())),
                                        exponents_);
}

}  // namespace fokker
