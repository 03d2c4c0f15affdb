// The bits of a number as another type.
#pragma once

#include <cstring>

#include "math/host_device.h"

namespace evensr {

template <class To, class From>
EVENSR_HD To bitCast(From from) {
  static_assert(sizeof(To) == sizeof(From), "same size");
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

}  // namespace evensr
