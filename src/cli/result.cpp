// SPDX-License-Identifier: MIT
#include "cli/result.hpp"

#include "cli/fail.hpp"
#include "cli/print_values.hpp"
#include "einfold/io.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <sstream>

namespace einfold::cli {
namespace {

/// float32 [2, 3]
std::string description(const Tensor& tensor) {
  std::ostringstream out;
  out << name_of(tensor.dtype()) << " [";
  for (std::size_t axis = 0; axis < tensor.shape().size(); ++axis) out << (axis == 0 ? "" : ", ") << tensor.shape()[axis];
  out << "]";
  return out.str();
}

/// One object; values that JSON lacks are the strings "nan", "inf" and "-inf".
void print_json(const Call& call, const Tensor& result, const std::string* path, double seconds) {
  nlohmann::ordered_json object;
  object["shape"] = result.shape();
  object["dtype"] = name_of(result.dtype());
  object["seconds"] = seconds;
  if (path != nullptr) object["output"] = *path;
  std::string text = object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  if (path == nullptr) {  // the values are not kept as text: there may be many
    text.pop_back();
    call.out.write(text + ",\"values\":");
    print_json_values(call.out, result);
    text = "}";
  }
  call.out.write(text + "\n");
}

}  // namespace

void check_output_option(const Call& call, bool required) {
  const std::string* path = call.arguments.find("--output");
  if (path != nullptr) return check_output(*path);
  if (required) usage_error("E0807", "needs a file for the result: -o FILE, which ends in .npy, .npz or .safetensors");
}

void deliver(const Call& call, const std::function<Tensor()>& compute) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const Tensor result = compute();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();

  const std::string* path = call.arguments.find("--output");
  if (path != nullptr) {
    save(*path, result);
    std::ostringstream line;
    line.precision(3);
    line << "wrote " << printable(*path) << ": " << description(result) << ", computed in " << seconds << " s";
    narrate(line.str());
  }
  if (call.json) {
    print_json(call, result, path, seconds);
  } else if (path == nullptr) {
    call.out.write(description(result) + "\n");
    print_values(call.out, result);
  }
}

}  // namespace einfold::cli
