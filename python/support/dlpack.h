#pragma once
// The exchange structures of DLPack 0.8 (https://dmlc.github.io/dlpack), as far as CPU tensors need them.

#include <cstdint>

namespace fokker::python {

struct DlDevice {
  std::int32_t type;  // 1: CPU
  std::int32_t id;
};

struct DlDataType {
  std::uint8_t code;  // 2: floating point
  std::uint8_t bits;
  std::uint16_t lanes;
};

struct DlTensor {
  void* data;
  DlDevice device;
  std::int32_t rank;
  DlDataType dtype;
  std::int64_t* shape;
  std::int64_t* strides;  // null: contiguous
  std::uint64_t byte_offset;
};

struct DlManagedTensor {
  DlTensor tensor;
  void* context;
  void (*deleter)(DlManagedTensor* self);
};

}  // namespace fokker::python
