// SPDX-License-Identifier: MIT
//
// All of einfold.
#pragma once

#include "einfold/conv.hpp"
#include "einfold/einsum.hpp"
#include "einfold/error.hpp"
#include "einfold/executor.hpp"
#include "einfold/expression.hpp"
#include "einfold/expression_set.hpp"
#include "einfold/io.hpp"
#include "einfold/measure.hpp"
#include "einfold/network.hpp"
#include "einfold/order.hpp"
#include "einfold/order_report.hpp"
#include "einfold/plan_cache.hpp"
#include "einfold/plan_file.hpp"
#include "einfold/reference.hpp"
#include "einfold/tensor.hpp"
#include "einfold/transform.hpp"
#include "einfold/version.hpp"
