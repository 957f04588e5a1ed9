/// The check for options that count.
#ifndef SURPLUS_APPS_COMMANDS_WHOLE_NUMBER_H_
#define SURPLUS_APPS_COMMANDS_WHOLE_NUMBER_H_

#include <CLI/Validators.hpp>
#include <string>

namespace surplus::apps {

/// Refuses all but digits: the parser itself would take -1 for the greatest number there is.
inline CLI::Validator whole_number() {
  return {[](std::string& text) {
            const bool digits =
                !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
            return digits ? std::string()
                          : "the value must be a whole number, not negative; got value " + text;
          },
          ""};
}

}  // namespace surplus::apps

#endif  // SURPLUS_APPS_COMMANDS_WHOLE_NUMBER_H_
