// SPDX-License-Identifier: MIT
#include "tables/dnnl.hpp"

#if EINFOLD_HAVE_DNNL
#include <dlfcn.h>
#include <dnnl.hpp>

#include <memory>
#include <numeric>
#include <unordered_map>
#endif

namespace einfold::bench {

#if EINFOLD_HAVE_DNNL
namespace {

using Memory = dnnl::memory;
using Format = Memory::format_tag;

/// oneDNN runs on OpenMP.
void set_threads(int threads) {
  if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"))) set(threads);
}

struct Context {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
};

Context& context() {
  static Context instance;
  return instance;
}

enum Role { kSource, kWeights, kDestination };

/// A convolution ready to run: reorders in, the primitive, a reorder out.
class Convolution {
 public:
  Convolution(const cli::Layer& layer, const std::string& operation, const std::vector<const float*>& operands, bool blocked) {
    const ConvSpec& spec = layer.spec;
    const bool grouped = spec.groups > 1;
    dims_[kSource] = layer.shape("x");
    dims_[kWeights] = layer.shape("weight");
    dims_[kDestination] = layer.shape("v");
    if (grouped) {
      dims_[kWeights].insert(dims_[kWeights].begin(), spec.groups);
      dims_[kWeights][1] /= spec.groups;
    }
    const Format plain[3] = {Format::nchw, grouped ? Format::goihw : Format::oihw, Format::nchw};
    Memory::desc wanted[3];
    for (int r = 0; r < 3; ++r) {
      plain_[r] = Memory::desc(dims_[r], Memory::data_type::f32, plain[r]);
      wanted[r] = Memory::desc(dims_[r], Memory::data_type::f32, blocked ? Format::any : plain[r]);
    }
    Memory::dims dilates = spec.dilation.values, left, right;
    for (auto& d : dilates) --d;
    for (const auto& [l, r] : spec.padding.sides) left.push_back(l), right.push_back(r);
    const Memory::dims strides = spec.stride.values;
    const auto algorithm = dnnl::algorithm::convolution_direct;
    const dnnl::engine& engine = context().engine;
    const dnnl::convolution_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, algorithm, wanted[kSource], wanted[kWeights], wanted[kDestination], strides, dilates, left,
         right},
        engine);
    if (operation == "forward") {
      use(forward, {forward.src_desc(), forward.weights_desc(), forward.dst_desc()}, {operands[0], operands[1], nullptr},
          {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST}, kDestination, dnnl::convolution_forward(forward));
    } else if (operation == "input-vjp") {
      const dnnl::convolution_backward_data::primitive_desc pd(
          {algorithm, wanted[kSource], wanted[kWeights], wanted[kDestination], strides, dilates, left, right}, engine, forward);
      use(pd, {pd.diff_src_desc(), pd.weights_desc(), pd.diff_dst_desc()}, {nullptr, operands[0], operands[1]},
          {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST}, kSource, dnnl::convolution_backward_data(pd));
    } else {
      const dnnl::convolution_backward_weights::primitive_desc pd(
          {algorithm, wanted[kSource], wanted[kWeights], wanted[kDestination], strides, dilates, left, right}, engine, forward);
      use(pd, {pd.src_desc(), pd.diff_weights_desc(), pd.diff_dst_desc()}, {operands[0], nullptr, operands[1]},
          {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}, kWeights, dnnl::convolution_backward_weights(pd));
    }
  }

  void run() {
    dnnl::stream& stream = context().stream;
    for (auto& reorder : before_) reorder.primitive.execute(stream, reorder.from, reorder.to);
    primitive_.execute(stream, arguments_);
    for (auto& reorder : after_) reorder.primitive.execute(stream, reorder.from, reorder.to);
    stream.wait();
  }

  [[nodiscard]] const float* result() const { return static_cast<const float*>(result_.get_data_handle()); }

 private:
  struct Reorder {
    dnnl::reorder primitive;
    Memory from, to;
  };

  template <class PrimitiveDescription>
  void use(const PrimitiveDescription& description, const std::vector<Memory::desc>& formats, const std::vector<const float*>& data,
           const std::vector<int>& arguments, Role result, dnnl::primitive primitive) {
    (void)description;
    primitive_ = std::move(primitive);
    const dnnl::engine& engine = context().engine;
    for (int r = 0; r < 3; ++r) {
      const auto at = static_cast<std::size_t>(r);
      Memory plain = r == result ? Memory(plain_[r], engine) : Memory(plain_[r], engine, const_cast<float*>(data[at]));
      Memory own = formats[at] == plain_[r] ? plain : Memory(formats[at], engine);
      arguments_.insert({arguments[at], own});
      if (r == result) result_ = plain;
      if (formats[at] == plain_[r]) continue;
      const Memory &from = r == result ? own : plain, &to = r == result ? plain : own;
      (r == result ? after_ : before_).push_back({dnnl::reorder(from, to), from, to});
    }
  }

  Memory::dims dims_[3];
  Memory::desc plain_[3];
  dnnl::primitive primitive_;
  std::unordered_map<int, Memory> arguments_;
  std::vector<Reorder> before_, after_;
  Memory result_;
};

}  // namespace

std::string dnnl_version() {
  const dnnl_version_t* v = ::dnnl_version();
  return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

std::vector<Contender> dnnl_convolutions(const cli::Layer& layer, const std::string& operation,
                                         const std::vector<const float*>& operands, int threads) {
  std::vector<Contender> contenders;
  if (operation != "forward" && operation != "input-vjp" && operation != "weight-vjp") return contenders;
  set_threads(threads);
  for (const bool blocked : {false, true}) {
    try {
      const auto convolution = std::make_shared<Convolution>(layer, operation, operands, blocked);
      contenders.push_back({blocked ? "oneDNN, blocked with reorders" : "oneDNN, plain", [convolution] { convolution->run(); },
                            convolution->result()});
    } catch (const dnnl::error&) {
      continue;  // not implemented for this layout
    }
  }
  return contenders;
}

std::vector<Contender> dnnl_matrix_product(bool transpose_a, bool transpose_b, int m, int n, int k, const float* a, const float* b,
                                           int threads) {
  set_threads(threads);
  const auto c = std::make_shared<std::vector<float>>(static_cast<std::size_t>(m) * static_cast<std::size_t>(n));
  return {{"oneDNN sgemm",
           [=] {
             dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0F, a, transpose_a ? m : k, b,
                        transpose_b ? k : n, 0.0F, c->data(), n);
           },
           c->data()}};
}

#else

std::string dnnl_version() { return {}; }
std::vector<Contender> dnnl_convolutions(const cli::Layer&, const std::string&, const std::vector<const float*>&, int) { return {}; }
std::vector<Contender> dnnl_matrix_product(bool, bool, int, int, int, const float*, const float*, int) { return {}; }

#endif

}  // namespace einfold::bench
