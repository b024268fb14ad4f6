// SPDX-License-Identifier: MIT
#include "cli/conv_request.hpp"

#include "cli/fail.hpp"
#include "cli/values.hpp"

namespace einfold::cli {

ConvSpec conv_spec(const Arguments& arguments) {
  ConvSpec spec;
  const auto list = [&](std::string_view option, PerDimension& target) {
    if (const std::string* text = arguments.find(option)) target = integers(*text, option);
  };
  list("--kernel", spec.kernel);
  list("--input", spec.input);
  list("--stride", spec.stride);
  list("--dilation", spec.dilation);
  list("--output-padding", spec.output_padding);
  if (const std::string* text = arguments.find("--padding")) spec.padding = padding(*text);
  if (const std::string* text = arguments.find("--groups")) spec.groups = integer(*text, "--groups");
  if (const std::string* text = arguments.find("--in-channels")) spec.in_channels = integer(*text, "--in-channels");
  if (const std::string* text = arguments.find("--out-channels")) spec.out_channels = integer(*text, "--out-channels");
  if (const std::string* text = arguments.find("--scale")) spec.scale = real(*text, "--scale");
  if (const std::string* text = arguments.find("--subsampling")) spec.subsampling = integers(*text, "--subsampling");
  spec.homogeneous = arguments.has("--homogeneous");
  if (const std::string* text = arguments.find("--group-mode")) {
    if (*text == "average") spec.group_mode = GroupMode::kAverage;
    else if (*text != "keep") usage_error("E0810", "--group-mode: ", printable(*text), " is neither keep nor average");
  }
  return spec;
}

const conv::OperationInfo& operation_named(std::string_view name) {
  std::vector<std::string> names;
  for (const conv::OperationInfo& info : conv::operations()) {
    if (info.name == name) return info;
    names.push_back(info.name);
  }
  usage_error("E0310", "unknown operation ", printable(name), did_you_mean(name, names));
}

}  // namespace einfold::cli
