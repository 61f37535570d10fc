#include "fokker/core/ops/autodiff.h"

#include <algorithm>
#include <optional>

#include "fokker/core/kernels/kernels.h"
#include "fokker/core/ops/elementwise.h"

namespace fokker {
namespace {

thread_local bool is_recording = true;

}  // namespace

bool recording() { return is_recording; }
Recording::Recording(bool on) : before_(std::exchange(is_recording, on)) {}
Recording::~Recording() { is_recording = before_; }

namespace detail {
namespace {

constexpr std::size_t closure_offset = (sizeof(Node) + 63) / 64 * 64;

void delete_node(Node* node) {
  if (node->destroy) node->destroy(node->closure);
  Block* block = reinterpret_cast<Block*>(reinterpret_cast<char*>(node) - sizeof(Block));
  node->~Node();
  release(block);
}

// A graph is freed by a list, not by recursion, since a chain of a million ops must not overflow the stack.  Nodes that
// nobody holds any more are linked through their `pass`, since freeing must not need memory.
thread_local bool draining = false;
thread_local const void* drain = nullptr;

}  // namespace

void retain(Node* node) { node->references.fetch_add(1, std::memory_order_relaxed); }

void release(Node* node) {
  if (node->references.load(std::memory_order_acquire) != 1 &&
      node->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  node->pass = std::exchange(drain, node);
  if (std::exchange(draining, true)) return;
  while (drain) {
    auto* next = static_cast<Node*>(const_cast<void*>(drain));
    drain = next->pass;
    delete_node(next);
  }
  draining = false;
}

Node* new_node(Op op, std::span<const Tensor* const> inputs, std::size_t closure_bytes) {
  Block* block = allocate(closure_offset + closure_bytes);
  Node* node = new (block->data) Node{};
  node->op = op;
  node->closure = static_cast<char*>(block->data) + closure_offset;
  for (const Tensor* input : inputs) {
    if (Node* source = input->node()) {
      retain(source);
      node->inputs[node->input_count] = NodeRef(source);
      node->depth = std::max(node->depth, source->depth + 1);
    }
    ++node->input_count;
  }
  return node;
}

bool any_tracked(std::span<const Tensor* const> inputs) {
  return std::ranges::any_of(inputs, [](const Tensor* x) { return x->tracked(); });
}

void keep_output(Node* node, const Tensor& value) { node->output = value.detach(); }

namespace {

/// The nodes of one backward pass, deepest first; equal depths stand in the order of their discovery.  The pass leaves
/// every node as it found it, also when a vjp throws, and when a pass inside a vjp meets nodes of the pass around it.
class Frontier {
 public:
  Frontier() : around_(std::exchange(running, this)) {}
  Frontier(const Frontier&) = delete;
  Frontier& operator=(const Frontier&) = delete;
  ~Frontier() {
    running = around_;
    for (const NodeRef& node : touched_)
      if (node.get()) restore(node.get());
    for (auto& [node, pass, gradient] : outer_) {
      node->gradient = std::move(gradient);
      node->pass = pass;
    }
  }
  void add(Node* node, Tensor gradient) {
    if (node->pass == this) {
      accumulate(node->gradient, gradient);
      return;
    }
    retain(node);
    touched_.emplace_back(node);
    if (node->pass) outer_.push_back({node, node->pass, std::move(node->gradient)});
    node->pass = this;
    node->gradient = std::move(gradient);
    heap_.push_back({node->depth, static_cast<std::int64_t>(touched_.size()), node});
    std::ranges::push_heap(heap_, later);
  }
  Node* next() {
    if (heap_.empty()) return nullptr;
    std::ranges::pop_heap(heap_, later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    last_ = static_cast<std::size_t>(entry.order - 1);
    return entry.node;
  }
  /// Lets go of the node that `next` gave.  Nothing adds to that node any more, and what a vjp computed again is freed.
  void done() {
    if (!outer_.empty()) return;
    restore(touched_[last_].get());
    touched_[last_] = NodeRef();
  }
  static thread_local Frontier* running;

 private:
  static void restore(Node* node) {
    node->gradient = {};
    node->pass = nullptr;
  }
  struct Entry {
    std::int64_t depth, order;
    Node* node;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.depth != b.depth ? a.depth < b.depth : a.order > b.order;
  }
  static void accumulate(Tensor& sum, const Tensor& x) {
    if (recording() || !sum.unique() || sum.tracked())
      sum = sum + x;
    else
      kernels::elementwise(sum.dtype()).accumulate(x.raw(), sum.raw(), sum.size());
  }

  struct Outer {
    Node* node;
    const void* pass;
    Tensor gradient;
  };

  Frontier* around_;
  std::vector<Entry> heap_;
  std::vector<NodeRef> touched_;  // in the order of discovery
  std::size_t last_ = 0;
  std::vector<Outer> outer_;  // the state of nodes that a pass around this one had reached
};

thread_local Frontier* Frontier::running = nullptr;

void pull_back(Node* node, Frontier& frontier) {
  Tensor y;
  if (node->output.defined()) {
    retain(node);
    y = link(node->output, NodeRef(node));
  }
  Tensor dy = node->gradient;
  Gradients gradients = node->pullback(node->closure, y, dy);
  for (int i = 0; i < node->input_count; ++i)
    if (Node* source = node->inputs[i].get(); source && gradients.by[i].defined())
      frontier.add(source, std::move(gradients.by[i]));
}

}  // namespace

void continue_backward(const Tensor& y, const Tensor& dy) {
  if (y.tracked()) Frontier::running->add(y.node(), dy);
}

}  // namespace detail

std::vector<Tensor> grad(std::span<const Tensor> outputs, std::span<const Tensor> inputs, bool create_graph) {
  for (const Tensor& input : inputs)
    require<Error>(input.tracked(), "[grad] input {} is not on the tape; make it a leaf() first", input.shape());
  std::optional<NoGrad> no_grad;
  if (!create_graph) no_grad.emplace();

  std::vector<Tensor> result(inputs.size());
  detail::Frontier frontier;
  for (const Tensor& output : outputs)
    if (output.tracked()) frontier.add(output.node(), Tensor::ones(output.shape(), output.dtype()));
  while (detail::Node* node = frontier.next()) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].node() == node) result[i] = node->gradient;
    if (node->pullback) detail::pull_back(node, frontier);
    frontier.done();
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!result[i].defined()) result[i] = Tensor::zeros(inputs[i].shape(), inputs[i].dtype());
  return result;
}

std::vector<Tensor> grad(const Tensor& output, std::span<const Tensor> inputs, bool create_graph) {
  return grad(std::span<const Tensor>(&output, 1), inputs, create_graph);
}

Tensor grad(const Tensor& output, const Tensor& input, bool create_graph) {
  return grad(std::span<const Tensor>(&output, 1), std::span<const Tensor>(&input, 1), create_graph)[0];
}

Tensor Tensor::leaf() const { return link(detach(), detail::NodeRef(detail::new_node(Op::leaf, {}, 0))); }

}  // namespace fokker
