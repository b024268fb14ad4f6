#include "einfold/io.hpp"
#include <gtest/gtest.h>
