#include "fokker/fokker.h"

using namespace fokker;

int main() {
  const Tensor x = Tensor::from({1, 2}, {2}, Dtype::f64).leaf();
  const Tensor dx = grad(sum(square(x)), x);
  return dx.at(1) == 4 ? 0 : 1;
}
