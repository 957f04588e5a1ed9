#define BOOST_TEST_MODULE errors
#include "surplus/core/errors.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace surplus {
namespace {

BOOST_AUTO_TEST_CASE(a_message_says_the_function_the_requirement_and_what_came) {
  BOOST_TEST(error_message("fit_gmm", "components must be at least 1 and at most n", "components",
                           0, "n", std::size_t{150}) ==
             "fit_gmm: components must be at least 1 and at most n; got components 0, n 150");
  BOOST_TEST(error_message("f", "must hold") == "f: must hold");
}

BOOST_AUTO_TEST_CASE(numbers_are_shown_in_the_shortest_form_that_reads_back) {
  BOOST_TEST(to_text(0.1) == "0.1");
  BOOST_TEST(to_text(0.1f) == "0.1");
  BOOST_TEST(to_text(-3) == "-3");
  BOOST_TEST(to_text(true) == "true");
}

BOOST_AUTO_TEST_CASE(foreign_text_is_shown_short_and_in_ascii) {
  BOOST_TEST(printable("a b") == "a b");
  BOOST_TEST(printable("\x1b[1m\xc3\xa9") == "?[1m??");
  BOOST_TEST(printable(std::string(41, 'x')) == std::string(40, 'x') + "...");
}

BOOST_AUTO_TEST_CASE(require_throws_the_named_error_only_when_the_condition_is_false) {
  SURPLUS_REQUIRE(true, ShapeError, "f", "must hold");
  BOOST_CHECK_EXCEPTION(
      SURPLUS_REQUIRE(false, ShapeError, "f", "must hold", "n", 3), ShapeError,
      [](const ShapeError& e) { return e.what() == std::string("f: must hold; got n 3"); });
}

}  // namespace
}  // namespace surplus
