// SPDX-License-Identifier: MIT
#include "conv/geometry.hpp"

#include "base/checked.hpp"
#include "base/fail.hpp"

#include <algorithm>

namespace einfold {

ConvPadding::ConvPadding(const std::vector<std::int64_t>& list) : sides() {
  for (const std::int64_t both : list) sides.emplace_back(both, both);
}

ConvPadding::ConvPadding(const std::string& name) {
  if (name == "same") {
    same = true;
  } else if (name != "valid") {
    fail(ErrorKind::kUsage, "E0305", "padding '", name, "' is not known: use 'same', 'valid', integers or pairs");
  }
}

}  // namespace einfold

namespace einfold::conv {
namespace {

constexpr std::size_t kMaxDimensions = 32;

template <class Member>
std::int64_t product(const Geometry& geometry, Member member) {
  Shape extents;
  for (const Dimension& dimension : geometry.dimensions) extents.push_back(dimension.*member);
  return element_count(extents);
}

[[noreturn]] void overflow(const std::string& what) {
  fail(ErrorKind::kArgument, "E0303", what, " does not fit in 64 bits");
}

/// D (K - 1) + 1: how far a kernel reaches.
std::int64_t span_of(const Dimension& d) {
  const auto span = checked::multiply_add(1, d.dilation, d.kernel - 1);
  if (!span) overflow(cat("the kernel's span, dilation ", d.dilation, " x (kernel ", d.kernel, " - 1) + 1,"));
  return *span;
}

/// I + P_l + P_r.
std::int64_t padded_input(const Dimension& d) {
  const auto both = checked::add(d.left, d.right);
  const auto padded = both ? checked::add(*both, d.input) : std::nullopt;
  if (!padded) overflow(cat("the padded input, ", d.input, " + ", d.left, " + ", d.right, ","));
  return *padded;
}

/// S (O - 1) + D (K - 1) + 1 - P_l - P_r + output_padding.
std::int64_t transposed_input(const Dimension& d, std::int64_t output_padding) {
  if (output_padding < 0 || output_padding >= std::max(d.stride, d.dilation)) {
    fail(ErrorKind::kArgument, "E0307", "output padding ", output_padding, " must be at least 0 and less than ",
         std::max(d.stride, d.dilation), ", the larger of stride ", d.stride, " and dilation ", d.dilation);
  }
  const auto reach = checked::multiply_add(span_of(d), d.stride, d.output - 1);
  const auto padding = checked::add(d.left, d.right);
  const auto padded = reach ? checked::add(*reach, output_padding) : std::nullopt;
  const auto input = padded && padding ? checked::add(*padded, -*padding) : std::nullopt;
  if (!input) overflow("the input extent of this transposed convolution");
  if (*input < 1) {
    fail(ErrorKind::kArgument, "E0307", "output extent ", d.output, " with stride ", d.stride, ", kernel ", d.kernel,
         ", dilation ", d.dilation, " and padding (", d.left, ", ", d.right, ") leads to the input extent ", *input,
         ", which must be at least 1");
  }
  return *input;
}

/// What is known so far, and from where: a contradiction names both sources.
class Facts {
 public:
  void learn(const std::string& what, std::int64_t value, const std::string& source) {
    const auto [known, fresh] = known_.try_emplace(what, value, source);
    if (!fresh && known->second.first != value) {
      fail(ErrorKind::kShape, "E0306", what, " is ", known->second.first, " by ", known->second.second, ", but ", value,
           " by ", source);
    }
  }
  [[nodiscard]] std::optional<std::int64_t> find(const std::string& what) const {
    const auto known = known_.find(what);
    return known == known_.end() ? std::nullopt : std::optional(known->second.first);
  }

 private:
  std::map<std::string, std::pair<std::int64_t, std::string>> known_;
};

std::string spatial(const char* letter, std::size_t dimension) { return cat(letter, "[", dimension, "]"); }

constexpr const char* kBatch = "the batch";
constexpr const char* kVectors = "the number of vectors";
constexpr const char* kIn = "in_channels";
constexpr const char* kOut = "out_channels";
constexpr const char* kPerGroup = "in_channels / groups";
constexpr const char* kInput = "input extent I";
constexpr const char* kKernel = "kernel extent K";
constexpr const char* kOutput = "output extent O";

/// The axes of an operand: leading ones by name, then the spatial ones by letter.
struct Signature {
  std::vector<const char*> leading;
  const char* spatial = nullptr;
};

std::optional<Signature> signature_of(const std::string& role, const GeometryRequest& request, bool subsampled) {
  const char* x_batch = subsampled ? "the batch of x" : kBatch;
  Signature signature;
  if (role == "x" && request.transposed_input) signature = {{kBatch, kOut}, kOutput};
  else if (role == "x") signature = {{x_batch, kIn}, kInput};
  else if (role == "weight") signature = {{kOut, kPerGroup}, kKernel};
  else if (role == "bias") signature = {{request.transposed_input ? kIn : kOut}, nullptr};
  else if (role == "v" || role == "h") signature = {{kBatch, kOut}, kOutput};
  else if (role == "s") signature = {{kVectors, kBatch, kOut}, kOutput};
  else if (role == "u") signature = {{kOut, kPerGroup}, kKernel};
  else if (role == "z") signature = {{kBatch, kIn}, kInput};
  else return std::nullopt;
  if (request.batched && (role == "u" || role == "z")) signature.leading.insert(signature.leading.begin(), kVectors);
  return signature;
}

/// The number of spatial dimensions: that of the operands, else of the longest list of hyper-parameters.
std::size_t dimension_count(const GeometryRequest& request, const ConvSpec& spec, const Shapes& shapes) {
  const bool subsampled = spec.subsampling.has_value();
  std::size_t longest = 1;
  for (const PerDimension* list : {&spec.kernel, &spec.input, &spec.stride, &spec.dilation, &spec.output_padding}) {
    longest = std::max(longest, list->values.size());
  }
  longest = std::max(longest, spec.padding.sides.size());
  std::optional<std::size_t> count;
  // The kernel has no batch axis that a user could have forgotten, so it is asked first.
  for (const char* role : {"weight", "u", "v", "s", "h", "z", "x"}) {
    const auto found = shapes.find(role);
    const auto signature = signature_of(role, request, subsampled);
    if (count || found == shapes.end()) continue;
    const std::size_t rank = found->second.size(), leading = signature->leading.size();
    count = rank > leading ? rank - leading : 0;
    if (role[0] != 'w' && role[0] != 'u' && longest > 1) count = longest;
  }
  const std::size_t result = count.value_or(longest);
  if (result < 1) {
    fail(ErrorKind::kShape, "E0304", "a convolution needs at least one spatial dimension: write one without as einsum");
  }
  if (result > kMaxDimensions) {
    fail(ErrorKind::kShape, "E0304", "at most ", kMaxDimensions, " spatial dimensions, not ", result);
  }
  return result;
}

void learn_from(Facts& facts, const std::string& role, const Shape& shape, const Signature& signature,
                std::size_t dimensions) {
  const std::size_t expected = signature.leading.size() + (signature.spatial ? dimensions : 0);
  if (shape.size() != expected) {
    std::string axes;
    for (const char* name : signature.leading) axes += (axes.empty() ? "" : ", ") + std::string(name);
    fail(ErrorKind::kShape, "E0304", "operand '", role, "' has ", shape.size(), " axes, but ", expected,
         " are needed: ", axes, signature.spatial ? cat(" and ", dimensions, " spatial") : std::string(),
         shape.size() + 1 == expected ? "; an operand without batch needs a leading axis of extent 1" : "");
  }
  for (std::size_t axis = 0; axis < expected; ++axis) {
    const std::string source = cat("axis ", axis, " of '", role, "'");
    const std::size_t leading = signature.leading.size();
    facts.learn(axis < leading ? signature.leading[axis] : spatial(signature.spatial, axis - leading), shape[axis],
                source);
  }
}

/// A hyper-parameter of dimension `d`, or nothing if it was not given.
std::optional<std::int64_t> value_at(const PerDimension& list, const char* name, std::size_t d, std::size_t dimensions) {
  if (!list.given()) return std::nullopt;
  if (list.values.size() != 1 && list.values.size() != dimensions) {
    fail(ErrorKind::kShape, "E0304", name, " has ", list.values.size(), " values for ", dimensions,
         " spatial dimensions");
  }
  return list.values[list.values.size() == 1 ? 0 : d];
}

void require_at_least(std::int64_t minimum, std::int64_t value, const char* name) {
  if (value < minimum) fail(ErrorKind::kArgument, "E0301", name, " must be at least ", minimum, ", not ", value);
}

void set_padding(Dimension& d, const ConvPadding& padding, std::size_t position, std::size_t dimensions) {
  if (padding.same) {
    if (d.stride != 1) {
      fail(ErrorKind::kArgument, "E0305", "padding 'same' needs stride 1, not ", d.stride,
           ": give the padding in numbers");
    }
    const std::int64_t total = span_of(d) - 1;
    d.left = total / 2;
    d.right = total - d.left;
    return;
  }
  if (padding.sides.size() != 1 && padding.sides.size() != dimensions) {
    fail(ErrorKind::kShape, "E0304", "padding has ", padding.sides.size(), " values for ", dimensions,
         " spatial dimensions");
  }
  std::tie(d.left, d.right) = padding.sides[padding.sides.size() == 1 ? 0 : position];
  require_at_least(0, d.left, "padding");
  require_at_least(0, d.right, "padding");
}

Dimension resolve_dimension(const GeometryRequest& request, const ConvSpec& spec, Facts& facts, std::size_t position,
                            std::size_t dimensions) {
  const auto learn = [&](const PerDimension& list, const char* name, const char* letter) {
    if (const auto value = value_at(list, name, position, dimensions)) {
      facts.learn(spatial(letter, position), *value, cat("the option ", name));
    }
    return facts.find(spatial(letter, position));
  };
  Dimension d;
  d.stride = value_at(spec.stride, "stride", position, dimensions).value_or(1);
  d.dilation = value_at(spec.dilation, "dilation", position, dimensions).value_or(1);
  require_at_least(1, d.stride, "stride");
  require_at_least(1, d.dilation, "dilation");
  const auto kernel = learn(spec.kernel, "kernel", kKernel);
  const auto input = learn(spec.input, "input", kInput);
  const auto output = facts.find(spatial(kOutput, position));
  if (kernel) require_at_least(1, *kernel, "a kernel extent");
  if (input) require_at_least(0, *input, "an input extent");
  if (output) require_at_least(1, *output, "an output extent");
  if (!kernel && request.needs_kernel) {
    fail(ErrorKind::kUsage, "E0308", request.operation, " needs the kernel's extents: give `kernel` or the weight");
  }
  d.kernel = kernel.value_or(1);
  set_padding(d, spec.padding, position, dimensions);
  const auto output_padding = value_at(spec.output_padding, "output_padding", position, dimensions);
  if (input) {
    d.input = *input;
    d.output = output.value_or(1);
    if (kernel || !output) {
      const std::int64_t follows = output_extent(d);
      facts.learn(spatial(kOutput, position), follows, cat("input ", d.input, ", kernel ", d.kernel, ", stride ", d.stride,
                                                           ", padding (", d.left, ", ", d.right, "), dilation ", d.dilation));
      d.output = follows;
    }
    if (output_padding && kernel) facts.learn(spatial(kInput, position), transposed_input(d, *output_padding), "output_padding");
  } else if (output && (kernel || !request.needs_input)) {
    d.output = *output;
    d.input = kernel ? transposed_input(d, output_padding.value_or(0)) : *output;
  } else {
    fail(ErrorKind::kUsage, "E0308", request.operation, " needs the input's extents: give `input` or an operand");
  }
  return d;
}

void resolve_channels(Geometry& geometry, const ConvSpec& spec, Facts& facts) {
  geometry.groups = spec.groups;
  require_at_least(1, spec.groups, "groups");
  if (spec.in_channels) {
    require_at_least(0, *spec.in_channels, kIn);
    facts.learn(kIn, *spec.in_channels, "the option in_channels");
  }
  if (spec.out_channels) {
    require_at_least(0, *spec.out_channels, kOut);
    facts.learn(kOut, *spec.out_channels, "the option out_channels");
  }
  if (const auto per_group = facts.find(kPerGroup)) {
    const auto channels = checked::multiply(*per_group, spec.groups);
    if (!channels) overflow(kIn);
    facts.learn(kIn, *channels, cat("axis 1 of the weight, ", *per_group, ", times groups ", spec.groups));
  }
  for (const char* name : {kIn, kOut}) {
    if (facts.find(name).value_or(0) % spec.groups != 0) {
      fail(ErrorKind::kShape, "E0309", name, " ", *facts.find(name), " is not a multiple of groups ", spec.groups);
    }
  }
  geometry.in_channels = facts.find(kIn).value_or(spec.groups);
  geometry.out_channels = facts.find(kOut).value_or(spec.groups);
}

}  // namespace

std::int64_t Geometry::kernel_size() const { return product(*this, &Dimension::kernel); }
std::int64_t Geometry::input_size() const { return product(*this, &Dimension::input); }
std::int64_t Geometry::output_size() const { return product(*this, &Dimension::output); }

std::int64_t output_extent(const Dimension& d) {
  const std::int64_t span = span_of(d), padded = padded_input(d);
  if (padded < span) {
    fail(ErrorKind::kShape, "E0302", "the kernel spans ", span, " positions (dilation ", d.dilation, " x (kernel ",
         d.kernel, " - 1) + 1), more than the padded input's ", padded, " (", d.input, " + ", d.left, " + ", d.right, ")");
  }
  const std::int64_t output = 1 + (padded - span) / d.stride;
  const auto last = checked::multiply(d.stride, output);
  if (!last || !checked::add(*last, span)) overflow("the last position of the kernel");
  return output;
}

Geometry resolve(const GeometryRequest& request, const ConvSpec& spec, const Shapes& shapes) {
  const bool subsampled = spec.subsampling.has_value();
  const std::size_t dimensions = dimension_count(request, spec, shapes);
  Facts facts;
  if (subsampled) {
    facts.learn(kBatch, static_cast<std::int64_t>(spec.subsampling->size()), "the length of subsampling");
  }
  for (const auto& [role, shape] : shapes) {
    if (const auto signature = signature_of(role, request, subsampled)) {
      learn_from(facts, role, shape, *signature, dimensions);
    }
  }
  Geometry geometry;
  resolve_channels(geometry, spec, facts);
  for (std::size_t position = 0; position < dimensions; ++position) {
    geometry.dimensions.push_back(resolve_dimension(request, spec, facts, position, dimensions));
  }
  geometry.batch = facts.find(kBatch).value_or(1);
  geometry.vectors = facts.find(kVectors).value_or(1);
  return geometry;
}

}  // namespace einfold::conv
