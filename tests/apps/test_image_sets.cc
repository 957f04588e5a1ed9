#define BOOST_TEST_MODULE image_sets
#include "apps/data/image_sets.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/data/scale.h"
#include "surplus/theory/two_layer.h"
#include "tests/support/matrices.h"
#include "tests/support/scratch.h"

namespace surplus::apps {
namespace {

namespace fs = std::filesystem;
using boost::test_tools::assertion_result;
using tests::says;
using tests::Scratch;

fs::path data() {
  const char* directory = std::getenv("SURPLUS_DATA");
  return directory == nullptr ? "" : directory;
}
// A precondition that does not hold shows as a skipped test.
auto here(const std::string& folder) {
  return boost::unit_test::precondition([folder](boost::unit_test::test_unit_id) {
    assertion_result result(!data().empty() && fs::is_directory(data() / folder));
    result.message() << "SURPLUS_DATA names no directory with " << folder;
    return result;
  });
}

std::vector<std::size_t> counts(const ByteImages& images) {
  std::vector<std::size_t> counts(images.classes);
  for (const std::uint8_t label : images.labels) ++counts[label];
  return counts;
}

// The mean value of each channel in [0, 1].
std::vector<double> channel_means(const ByteImages& images) {
  const std::size_t pixels = images.shape.height * images.shape.width;
  std::vector<double> means(images.shape.channels);
  for (std::size_t i = 0; i < images.pixels.size(); ++i) {
    means[i / pixels % means.size()] += images.pixels[i];
  }
  for (double& mean : means) mean /= 255.0 * static_cast<double>(pixels * images.size());
  return means;
}

// What is known of a set without its files is what they hold.
void check_size(std::string_view name, const ImageSet& set) {
  const ImageSetSize size = image_set_size(name);
  BOOST_TEST((size.shape == set.train.shape && size.shape == set.test.shape));
  BOOST_TEST((size.train == set.train.size() && size.test == set.test.size()));
}

BOOST_AUTO_TEST_CASE(the_bundled_digits_are_cut_into_two_parts_that_stay_the_same) {
  const ImageSet set = open_images("digits", "");
  BOOST_TEST(set.title == "digits");
  check_size("digits", set);
  BOOST_TEST(set.train.size() == 1348);
  BOOST_TEST(set.test.size() == 449);
  BOOST_TEST((set.train.shape == ImageShape{1, 8, 8}));
  BOOST_TEST(set.train.white == 16);
  std::vector<std::size_t> all = counts(set.train), test = counts(set.test);
  for (std::size_t c = 0; c < 10; ++c) {
    all[c] += test[c];
    BOOST_TEST(std::abs(static_cast<double>(test[c]) - 0.25 * static_cast<double>(all[c])) < 1);
  }
  BOOST_TEST((all == std::vector<std::size_t>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}));
  std::size_t sum = 0;  // of optdigits.tes, which these are
  for (const ByteImages* part : {&set.train, &set.test}) {
    for (const std::uint8_t pixel : part->pixels) sum += pixel;
  }
  BOOST_TEST(sum == 561718);
  BOOST_TEST((open_images("digits", "").test.pixels == set.test.pixels));
}

BOOST_AUTO_TEST_CASE(mnist_has_its_published_counts, *here("mnist")) {
  const ImageSet set = open_images("mnist", data());
  BOOST_TEST(set.title == "MNIST");
  check_size("mnist", set);
  BOOST_TEST((set.train.shape == ImageShape{1, 28, 28}));
  BOOST_TEST((counts(set.train) == std::vector<std::size_t>{5923, 6742, 5958, 6131, 5842, 5421,
                                                            5918, 6265, 5851, 5949}));
  BOOST_TEST((counts(set.test) ==
              std::vector<std::size_t>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  // What the paper's authors normalise with, resized to 32 x 32: .131 and .289, by their rounding.
  const ByteImages large = resize_images(set.train, 32, 32);
  std::vector<std::size_t> rows(10000);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const Scaling scaling = fit_channel_scaling(unit_images(large, rows).x, 1);
  BOOST_TEST(std::abs(scaling.means[0] - 0.131) < 0.002);
  BOOST_TEST(std::abs(scaling.scales[0] - 0.289) < 0.005);
}

// Mean and scale of each channel as the authors' code has them, and the squares that their bounds
// ask for; the first layer does not matter here.
TwoLayerData squares(const ByteImages& images, std::size_t n, const std::vector<double>& means,
                     const std::vector<double>& scales) {
  std::vector<std::size_t> rows(n);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  Matrix<float> x = unit_images(images, rows).x;
  const std::size_t pixels = images.shape.height * images.shape.width;
  standardize(x, channel_scaling(means, scales, pixels), x);
  return two_layer_data(x, Matrix<float>(1, x.cols()));
}

BOOST_AUTO_TEST_CASE(normalised_mnist_has_its_golden_mean_square, *here("mnist")) {
  const ImageSet set = open_images("mnist", data());
  // The first 2000 images, given to four digits.
  BOOST_TEST(std::abs(squares(set.train, 2000, {0.131}, {0.289}).mean_square - 888.7) <= 0.05);
}

BOOST_AUTO_TEST_CASE(fashion_mnist_has_equal_classes, *here("fashion-mnist")) {
  const ImageSet set = open_images("fashion-mnist", data());
  BOOST_TEST(set.title == "Fashion-MNIST");
  check_size("fashion-mnist", set);
  BOOST_TEST((counts(set.train) == std::vector<std::size_t>(10, 6000)));
  BOOST_TEST((counts(set.test) == std::vector<std::size_t>(10, 1000)));
}

BOOST_AUTO_TEST_CASE(the_jpeg_copy_of_cifar_10_has_its_counts_and_means, *here("cifar-10-jpeg")) {
  const ImageSet set = open_images("cifar-10-jpeg", data());
  BOOST_TEST(set.title == "CIFAR-10 (JPEG copy)");
  check_size("cifar-10-jpeg", set);
  BOOST_TEST((counts(set.train) == std::vector<std::size_t>(10, 5000)));
  BOOST_TEST((counts(set.test) == std::vector<std::size_t>(10, 1000)));
  const std::vector<double> means = channel_means(set.train);
  for (std::size_t c = 0; c < 3; ++c) {  // given to five digits
    BOOST_TEST(std::abs(means[c] - std::vector{0.49125, 0.48209, 0.44652}[c]) <= 0.5e-5);
  }
  // The original has 3.83e3; a lossy copy varies less, so it is held against its own bytes. The
  // largest entry is (1 - .406) / .225, once for each of 782 batches.
  const std::vector<double> center{0.485, 0.456, 0.406}, scale{0.229, 0.224, 0.225};
  const TwoLayerData found = squares(set.train, set.train.size(), center, scale);
  double sum = 0;
  for (std::size_t i = 0; i < set.train.pixels.size(); ++i) {
    const std::size_t c = i / 1024 % 3;
    const double value = (set.train.pixels[i] / 255.0 - center[c]) / scale[c];
    sum += value * value;
  }
  BOOST_TEST(std::abs(found.mean_square / (sum / 50000) - 1) < 1e-6);  // floats hold the entries
  BOOST_TEST(std::abs(found.max_entry_square - 6.97) <= 0.005);
  BOOST_TEST(std::abs(found.batch_entry_square - 0.1090) <= 0.00005);
}

BOOST_AUTO_TEST_CASE(the_jpeg_copy_is_read_packed_as_it_lies, *here("cifar10-jpeg")) {
  const Scratch scratch;
  fs::create_directory_symlink(data() / "cifar10-jpeg", scratch / "cifar-10-jpeg");
  const ImageSet set = open_images("cifar-10-jpeg", scratch.path());
  BOOST_TEST(set.title == "CIFAR-10 (JPEG copy)");
  check_size("cifar-10-jpeg", set);
  BOOST_TEST((counts(set.train) == std::vector<std::size_t>(10, 5000)));
  BOOST_TEST((counts(set.test) == std::vector<std::size_t>(10, 1000)));
}

BOOST_AUTO_TEST_CASE(the_jpeg_copy_is_found_in_its_folder) {
  const Scratch scratch;
  fs::create_directory(scratch / "cifar-10-jpeg");
  const std::string record(3073, '\1');
  for (const char* name : {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                           "data_batch_5", "test_batch"}) {
    write_file_atomically(scratch / "cifar-10-jpeg" / (std::string(name) + ".bin"), record);
  }
  const ImageSet set = open_images("cifar-10-jpeg", scratch.path());
  BOOST_TEST(set.title == "CIFAR-10 (JPEG copy)");
  BOOST_TEST(set.train.size() == 5);
}

BOOST_AUTO_TEST_CASE(what_is_unknown_absent_or_not_the_original_is_refused) {
  BOOST_CHECK_EXCEPTION(open_images("nist", ""), ArgumentError,
                        says("open_images: the image set must be one of digits, mnist, "
                             "fashion-mnist, cifar-10, cifar-10-jpeg, svhn; got name nist"));
  const Scratch scratch;
  ::setenv("XDG_CACHE_HOME", scratch.path().c_str(), 1);
  ::unsetenv("SURPLUS_DATA");
  BOOST_CHECK_EXCEPTION(open_images("svhn", ""), DataError,
                        says("find_dataset: svhn must be fetched first: surplus data fetch svhn; "
                             "got no svhn/train_32x32.mat in " +
                             (scratch / "surplus").string()));
  BOOST_CHECK_EXCEPTION(open_images("cifar-10-jpeg", ""), DataError,
                        says("open_images: cifar-10-jpeg must lie in the folder cifar-10-jpeg of a "
                             "data directory; got no such folder"));
  fs::create_directories(scratch / "mnist");
  const fs::path page = scratch / "mnist/train-images-idx3-ubyte.gz";
  write_file_atomically(page, "<html>");
  BOOST_CHECK_EXCEPTION(open_images("mnist", scratch.path()), DataError,
                        says("require_original: " + page.string() +
                             " must have the original's size of 9912422 bytes; got bytes 6"));
}

}  // namespace
}  // namespace surplus::apps
