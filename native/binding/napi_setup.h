// The one place where node-addon-api is included: C++ exceptions of every kind become JS errors.
#pragma once

#include <napi.h>
