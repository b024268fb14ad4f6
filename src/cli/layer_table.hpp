// SPDX-License-Identifier: MIT
//
// Tables of convolution layers, one per line of a CSV file:
//
//     network,layer,count,batch,in_channels,input,out_channels,kernel,stride,padding,dilation,groups,bias,output,kind,..
//
// with lists separated by spaces, padding as 1 or LEFT:RIGHT; columns are found by their names in the first line.
#pragma once

#include "einfold/conv.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace einfold::cli {

struct Layer {
  std::string network, name, kind;  ///< kind: general, dense, down, depthwise, .. as the table says
  std::int64_t batch = 1, in_channels = 1, out_channels = 1;
  ConvSpec spec;                    ///< kernel, input, stride, padding, dilation, groups
  Shape output;                     ///< spatial extents

  /// Shape of an operand of a convolution by its role: x and z, weight and u, v and h, s (of `vectors` vectors), bias.
  [[nodiscard]] Shape shape(std::string_view role, std::int64_t vectors = 2) const;
};

/// Throws E0840 (cannot be opened, a column is missing, a value is none).
[[nodiscard]] std::vector<Layer> read_layers(const std::filesystem::path& path);

/// The operands that an operation takes, each by the first of its roles. Throws E0310, or E0841 if the layer does not tell one.
[[nodiscard]] conv::Shapes shapes_for(const Layer& layer, std::string_view operation);

}  // namespace einfold::cli
