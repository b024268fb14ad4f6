// SPDX-License-Identifier: MIT
//
// The rules by family, one file each.
#pragma once

#include "simplify/rule.hpp"

namespace einfold::rules {

extern const Rule kZero, kContradiction, kNormalise, kRowReduction;                        // affine.cpp
extern const Rule kDelta;                                                                 // delta.cpp
extern const Rule kBijection;                                                             // bijection.cpp
extern const Rule kUnitLeg, kFreeIndex, kPrivateLeg, kComposition, kParallelLegs;          // legs.cpp
extern const Rule kCount;                                                                 // count.cpp

}  // namespace einfold::rules
