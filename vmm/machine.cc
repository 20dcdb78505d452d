// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/machine.h"

namespace ktstr::vmm {

std::string_view describe(Condition condition) {
  switch (condition) {
    case Condition::created:
      return "not started";
    case Condition::running:
      return "running";
    case Condition::powered_off:
      return "powered off";
    case Condition::reset:
      return "reset";
    case Condition::panicked:
      return "panicked";
    case Condition::died:
      return "died";
    case Condition::stopped:
      return "stopped";
  }
  return "";
}

}  // namespace ktstr::vmm
