// SPDX-License-Identifier: MIT
#include "tables/unfolding.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

namespace einfold::bench {
namespace {

struct Geometry {
  std::int64_t images, channels, groups, outputs;     // N, C_in, G, C_out
  std::int64_t in[2], kernel[2], out[2], stride[2], dilation[2], padding[2];
  std::int64_t positions, taps, image;                // O, R = C_in/G K, elements of one image

  explicit Geometry(const cli::Layer& layer)
      : images(layer.batch), channels(layer.in_channels), groups(layer.spec.groups), outputs(layer.out_channels) {
    for (std::size_t d = 0; d < 2; ++d) {
      in[d] = layer.spec.input.values[d];
      kernel[d] = layer.spec.kernel.values[d];
      out[d] = layer.output[d];
      stride[d] = layer.spec.stride.values[d];
      dilation[d] = layer.spec.dilation.values[d];
      padding[d] = layer.spec.padding.sides[d].first;
    }
    positions = out[0] * out[1];
    taps = channels / groups * kernel[0] * kernel[1];
    image = channels * in[0] * in[1];
  }
};

/// cols[c k1 k2][o1 o2] of one image; rows of positions are copied as a whole where the stride is 1.
void unfold_image(const Geometry& g, const float* x, float* cols) {
  for (std::int64_t c = 0; c < g.channels; ++c) {
    const float* plane = x + c * g.in[0] * g.in[1];
    for (std::int64_t k1 = 0; k1 < g.kernel[0]; ++k1) {
      for (std::int64_t k2 = 0; k2 < g.kernel[1]; ++k2) {
        const std::int64_t shift = k2 * g.dilation[1] - g.padding[1];
        for (std::int64_t o1 = 0; o1 < g.out[0]; ++o1, cols += g.out[1]) {
          const std::int64_t i1 = g.stride[0] * o1 + k1 * g.dilation[0] - g.padding[0];
          if (i1 < 0 || i1 >= g.in[0]) {
            std::fill_n(cols, g.out[1], 0.0F);
            continue;
          }
          const float* row = plane + i1 * g.in[1];
          const std::int64_t s = g.stride[1];
          const std::int64_t first = std::clamp<std::int64_t>((-shift + s - 1) / s, 0, g.out[1]);
          const std::int64_t last = std::clamp<std::int64_t>((g.in[1] - 1 - shift) / s + 1, first, g.out[1]);
          std::fill_n(cols, first, 0.0F);
          if (s == 1) std::memcpy(cols + first, row + first + shift, static_cast<std::size_t>(last - first) * sizeof(float));
          else for (std::int64_t o2 = first; o2 < last; ++o2) cols[o2] = row[s * o2 + shift];
          std::fill_n(cols + last, g.out[1] - last, 0.0F);
        }
      }
    }
  }
}

using Buffer = std::shared_ptr<std::vector<float>>;
Buffer buffer(std::int64_t elements) { return std::make_shared<std::vector<float>>(static_cast<std::size_t>(elements)); }

int i(std::int64_t value) { return static_cast<int>(value); }

/// Only what is computed above the diagonal is written by syrk: mirrored, as our result is whole.
void mirror(float* c, std::int64_t n) {
  for (std::int64_t row = 0; row < n; ++row) {
    for (std::int64_t column = 0; column < row; ++column) c[row * n + column] = c[column * n + row];
  }
}

Contender kfc(const Geometry& g, const float* x, const Blas& blas) {
  const Buffer cols = buffer(g.channels * g.kernel[0] * g.kernel[1] * g.positions), c = buffer(g.groups * g.taps * g.taps);
  return {"unfold + syrk, " + blas.name,
          [=, syrk = blas.ssyrk] {
            for (std::int64_t n = 0; n < g.images; ++n) {
              unfold_image(g, x + n * g.image, cols->data());
              for (std::int64_t group = 0; group < g.groups; ++group) {
                syrk(kRowMajor, kUpper, kNoTranspose, i(g.taps), i(g.positions), 1.0F / static_cast<float>(g.images),
                     cols->data() + group * g.taps * g.positions, i(g.positions), n == 0 ? 0.0F : 1.0F,
                     c->data() + group * g.taps * g.taps, i(g.taps));
              }
            }
            for (std::int64_t group = 0; group < g.groups; ++group) mirror(c->data() + group * g.taps * g.taps, g.taps);
          },
          c->data()};
}

Contender kfac_reduce(const Geometry& g, const float* x, const Blas& blas) {
  const std::int64_t rows = g.groups * g.taps;
  const Buffer cols = buffer(rows * g.positions), means = buffer(g.images * rows), c = buffer(g.groups * g.taps * g.taps);
  return {"unfold + mean + gemm, " + blas.name,
          [=, gemm = blas.sgemm] {
            for (std::int64_t n = 0; n < g.images; ++n) {
              unfold_image(g, x + n * g.image, cols->data());
              for (std::int64_t r = 0; r < rows; ++r) {
                const float* row = cols->data() + r * g.positions;
                float sums[16] = {};
                std::int64_t o = 0;
                for (; o + 16 <= g.positions; o += 16) {
                  for (std::size_t lane = 0; lane < 16; ++lane) sums[lane] += row[o + static_cast<std::int64_t>(lane)];
                }
                for (; o < g.positions; ++o) sums[0] += row[o];
                float sum = 0;
                for (const float part : sums) sum += part;
                (*means)[static_cast<std::size_t>(n * rows + r)] = sum / static_cast<float>(g.positions);
              }
            }
            for (std::int64_t group = 0; group < g.groups; ++group) {
              const float* a = means->data() + group * g.taps;
              gemm(kRowMajor, kTranspose, kNoTranspose, i(g.taps), i(g.taps), i(g.images), 1.0F / static_cast<float>(g.images), a, i(rows),
                   a, i(rows), 0.0F, c->data() + group * g.taps * g.taps, i(g.taps));
            }
          },
          c->data()};
}

/// The per-example weight gradient of one image: M[g d][c k] = v cols^T per group.
void gradient(const Geometry& g, const Blas& blas, const float* v, const float* cols, float* m) {
  const std::int64_t rows = g.outputs / g.groups;
  for (std::int64_t group = 0; group < g.groups; ++group) {
    blas.sgemm(kRowMajor, kNoTranspose, kTranspose, i(rows), i(g.taps), i(g.positions), 1.0F, v + group * rows * g.positions,
               i(g.positions), cols + group * g.taps * g.positions, i(g.positions), 0.0F, m + group * rows * g.taps, i(g.taps));
  }
}

Contender squared_norm(const Geometry& g, const float* x, const float* v, const Blas& blas) {
  const Buffer cols = buffer(g.groups * g.taps * g.positions), m = buffer(g.outputs * g.taps), c = buffer(g.images);
  return {"unfold + gemm + square, " + blas.name,
          [=] {
            for (std::int64_t n = 0; n < g.images; ++n) {
              unfold_image(g, x + n * g.image, cols->data());
              gradient(g, blas, v + n * g.outputs * g.positions, cols->data(), m->data());
              float sums[16] = {};
              for (std::size_t j = 0; j < m->size(); ++j) sums[j % 16] += (*m)[j] * (*m)[j];
              float sum = 0;
              for (const float part : sums) sum += part;
              (*c)[static_cast<std::size_t>(n)] = sum;
            }
          },
          c->data()};
}

Contender ggn_diagonal(const Geometry& g, const float* x, const float* s, std::int64_t vectors, const Blas& blas) {
  const Buffer cols = buffer(g.groups * g.taps * g.positions), m = buffer(g.outputs * g.taps), c = buffer(g.outputs * g.taps);
  return {"unfold + gemm + square, " + blas.name,
          [=] {
            std::fill(c->begin(), c->end(), 0.0F);
            for (std::int64_t n = 0; n < g.images; ++n) {
              unfold_image(g, x + n * g.image, cols->data());
              for (std::int64_t v = 0; v < vectors; ++v) {
                gradient(g, blas, s + (v * g.images + n) * g.outputs * g.positions, cols->data(), m->data());
                for (std::size_t j = 0; j < m->size(); ++j) (*c)[j] += (*m)[j] * (*m)[j];
              }
            }
          },
          c->data()};
}

Contender unfold(const Geometry& g, const float* x) {
  const std::int64_t per_image = g.groups * g.taps * g.positions;
  const Buffer cols = buffer(g.images * per_image);
  return {"im2col loops",
          [=] {
            for (std::int64_t n = 0; n < g.images; ++n) unfold_image(g, x + n * g.image, cols->data() + n * per_image);
          },
          cols->data()};
}

/// A 1x1 layer of stride 1 is a product per image.
Contender one_by_one(const Geometry& g, const std::string& operation, const std::vector<const float*>& operands, const Blas& blas) {
  const std::int64_t in = g.channels * g.positions, out = g.outputs * g.positions;
  const Buffer c = buffer(operation == "forward" ? g.images * out : operation == "input-vjp" ? g.images * in : g.outputs * g.channels);
  const float *first = operands[0], *second = operands[1];
  return {"gemm per image, " + blas.name,
          [=, gemm = blas.sgemm] {
            for (std::int64_t n = 0; n < g.images; ++n) {
              if (operation == "forward") {
                gemm(kRowMajor, kNoTranspose, kNoTranspose, i(g.outputs), i(g.positions), i(g.channels), 1.0F, second, i(g.channels),
                     first + n * in, i(g.positions), 0.0F, c->data() + n * out, i(g.positions));
              } else if (operation == "input-vjp") {
                gemm(kRowMajor, kTranspose, kNoTranspose, i(g.channels), i(g.positions), i(g.outputs), 1.0F, first, i(g.channels),
                     second + n * out, i(g.positions), 0.0F, c->data() + n * in, i(g.positions));
              } else {
                gemm(kRowMajor, kNoTranspose, kTranspose, i(g.outputs), i(g.channels), i(g.positions), 1.0F, second + n * out,
                     i(g.positions), first + n * in, i(g.positions), n == 0 ? 0.0F : 1.0F, c->data(), i(g.channels));
              }
            }
          },
          c->data()};
}

}  // namespace

std::vector<Contender> unfolding_contenders(const cli::Layer& layer, const std::string& operation,
                                            const std::vector<const float*>& operands, const std::vector<Blas>& blas, int threads) {
  if (layer.spec.input.values.size() != 2) return {};
  const Geometry g(layer);
  std::vector<Contender> contenders;
  if (operation == "unfold" && threads == 1) contenders.push_back(unfold(g, operands[0]));
  const bool product = g.kernel[0] * g.kernel[1] == 1 && g.stride[0] * g.stride[1] == 1 && g.groups == 1 &&
                       (operation == "forward" || operation == "input-vjp" || operation == "weight-vjp");
  for (const Blas& library : blas) {
    if (product) contenders.push_back(one_by_one(g, operation, operands, library));
    if (operation == "kfc") contenders.push_back(kfc(g, operands[0], library));
    if (operation == "kfac-reduce") contenders.push_back(kfac_reduce(g, operands[0], library));
    if (operation == "per-example-squared-norm") contenders.push_back(squared_norm(g, operands[0], operands[1], library));
    if (operation == "ggn-diagonal") contenders.push_back(ggn_diagonal(g, operands[0], operands[1], layer.shape("s")[0], library));
  }
  return contenders;
}

}  // namespace einfold::bench
