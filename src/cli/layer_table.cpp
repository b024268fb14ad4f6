// SPDX-License-Identifier: MIT
#include "cli/layer_table.hpp"

#include "cli/fail.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>

namespace einfold::cli {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t from = 0;;) {
    const std::size_t to = text.find(separator, from);
    parts.push_back(text.substr(from, to - from));
    if (to == std::string::npos) return parts;
    from = to + 1;
  }
}

/// One line, by the names of its columns.
class Line {
 public:
  Line(std::string where, std::map<std::string, std::string> values) : where_(std::move(where)), values_(std::move(values)) {}

  [[nodiscard]] const std::string& text(const std::string& column) const {
    const auto found = values_.find(column);
    if (found == values_.end()) fail("has no column ", column);
    return found->second;
  }
  [[nodiscard]] std::int64_t number(const std::string& column) const { return integer(text(column), column); }
  [[nodiscard]] Shape list(const std::string& column) const {
    Shape values;
    for (const std::string& part : split(text(column), ' ')) values.push_back(integer(part, column));
    return values;
  }
  [[nodiscard]] ConvPadding padding(const std::string& column) const {
    std::vector<std::pair<std::int64_t, std::int64_t>> sides;
    for (const std::string& part : split(text(column), ' ')) {
      const std::size_t colon = part.find(':');
      const std::int64_t left = integer(part.substr(0, colon), column);
      sides.emplace_back(left, colon == std::string::npos ? left : integer(part.substr(colon + 1), column));
    }
    return sides;
  }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    usage_error("E0840", where_, " ", parts...);
  }
  [[nodiscard]] std::int64_t integer(const std::string& text, const std::string& column) const {
    std::int64_t value = 0;
    const char* const last = text.data() + text.size();
    if (const auto [end, error] = std::from_chars(text.data(), last, value); error != std::errc() || end != last) {
      fail("has ", printable(text), " for ", column, ", which is no integer");
    }
    return value;
  }

  std::string where_;
  std::map<std::string, std::string> values_;
};

Layer layer_of(const Line& line) {
  Layer layer{.network = line.text("network"), .name = line.text("layer"), .kind = line.text("kind")};
  layer.batch = line.number("batch");
  layer.in_channels = line.number("in_channels");
  layer.out_channels = line.number("out_channels");
  layer.spec = {.kernel = line.list("kernel"),
                .input = line.list("input"),
                .stride = line.list("stride"),
                .padding = line.padding("padding"),
                .dilation = line.list("dilation"),
                .groups = line.number("groups")};
  if (layer.spec.groups < 1) usage_error("E0840", layer.network, " ", layer.name, " has no groups");
  layer.output = line.list("output");
  return layer;
}

}  // namespace

Shape Layer::shape(std::string_view role, std::int64_t vectors) const {
  Shape shape;
  const auto then = [&](const Shape& more) {
    shape.insert(shape.end(), more.begin(), more.end());
    return shape;
  };
  if (role == "x" || role == "z") return shape = {batch, in_channels}, then(spec.input.values);
  if (role == "weight" || role == "u") return shape = {out_channels, in_channels / spec.groups}, then(spec.kernel.values);
  if (role == "v" || role == "h") return shape = {batch, out_channels}, then(output);
  if (role == "s") return shape = {vectors, batch, out_channels}, then(output);
  if (role == "bias") return {out_channels};
  usage_error("E0841", "a table of layers does not tell the shape of --", role);
}

std::vector<Layer> read_layers(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string text;
  if (!std::getline(in, text)) usage_error("E0840", "cannot read ", printable(path.string()));
  const std::vector<std::string> columns = split(text, ',');
  std::vector<Layer> layers;
  for (int number = 2; std::getline(in, text); ++number) {
    if (text.empty()) continue;
    const std::vector<std::string> values = split(text, ',');
    std::map<std::string, std::string> by_name;
    for (std::size_t i = 0; i < std::min(columns.size(), values.size()); ++i) by_name[columns[i]] = values[i];
    layers.push_back(layer_of({"line " + std::to_string(number) + " of " + printable(path.string()), std::move(by_name)}));
  }
  return layers;
}

conv::Shapes shapes_for(const Layer& layer, std::string_view operation) {
  for (const conv::OperationInfo& info : conv::operations()) {
    if (info.name != operation) continue;
    conv::Shapes shapes;
    for (const std::vector<std::string>& alternatives : info.operands) {
      shapes[alternatives.front()] = layer.shape(alternatives.front());
    }
    return shapes;
  }
  usage_error("E0310", "unknown operation ", printable(operation));
}

}  // namespace einfold::cli
