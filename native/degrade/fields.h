// Reads the numbers of a packed recipe; what is out of range is refused by name.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>

#include "degrade/recipe.h"
#include "error.h"

namespace evensr {

[[noreturn]] inline void refuseField(const std::string& field, double value,
                                     const std::string& expected) {
  std::ostringstream text;
  text.precision(10);
  text << field << " must be " << expected << ", received " << value;
  throw CodedError("E_RECIPE", text.str());
}

inline std::string rangeText(const char* what, double low, double high) {
  std::ostringstream text;
  text.precision(10);  // shows every digit of a 32-bit word
  text << what << low << ".." << high;
  return text.str();
}

// NaN is within no range.
inline double integerWithin(const std::string& field, double value, double low, double high) {
  if (value >= low && value <= high && value == static_cast<double>(static_cast<int64_t>(value))) {
    return value;
  }
  refuseField(field, value, rangeText("an integer within ", low, high));
}

// The numbers of one operation.
class Fields {
 public:
  // `number` counts operations from 0; `layout` is that of the record's code.
  Fields(const OperationRecord& record, const OperationLayout& layout, int number)
      : record_(record), layout_(layout), number_(number) {}

  double within(int parameter, double low, double high) const {
    const double value = record_.parameters[parameter];
    if (!(value >= low && value <= high)) refuse(parameter, rangeText("within ", low, high));
    return value;
  }

  double positive(int parameter, double high) const {
    const double value = record_.parameters[parameter];
    if (!(value > 0 && value <= high)) {
      refuse(parameter, rangeText("above 0 and within ", 0, high));
    }
    return value;
  }

  int integer(int parameter, int low, int high) const {
    return static_cast<int>(
        integerWithin(name(parameter), record_.parameters[parameter], low, high));
  }

  template <class Code>
  Code code(int parameter, Code last) const {
    return static_cast<Code>(integer(parameter, 0, static_cast<int>(last)));
  }

  int odd(int parameter, int low, int high) const {
    const int value = integer(parameter, low, high);
    if (value % 2 == 0) refuse(parameter, rangeText("odd within ", low, high));
    return value;
  }

  [[noreturn]] void refuse(int parameter, const std::string& expected) const {
    refuseField(name(parameter), record_.parameters[parameter], expected);
  }

  // As people count: "operation 3, blur.sigmaX".
  std::string name(int parameter) const {
    return "operation " + std::to_string(number_ + 1) + ", " + layout_.name + "." +
           layout_.parameterNames[parameter];
  }

 private:
  const OperationRecord& record_;
  const OperationLayout& layout_;
  int number_;
};

}  // namespace evensr
