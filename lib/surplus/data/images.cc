#include "surplus/data/images.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace surplus {
namespace {

// How one new pixel is made of old ones along a line, in multiples of 2^-kBits: a byte times the
// weights, which sum to 1, fits into 32 bits with one to spare.
constexpr int kBits = 22;
struct Taps {
  std::size_t first = 0;
  std::vector<std::int32_t> weights;
};

std::vector<Taps> bilinear_taps(std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double reach = std::max(scale, 1.0);
  std::vector<Taps> taps(to);
  for (std::size_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto first = static_cast<std::size_t>(std::floor(std::max(center - reach + 0.5, 0.0)));
    const std::size_t end =
        std::min(static_cast<std::size_t>(std::floor(center + reach + 0.5)), from);
    std::vector<double> weights;
    for (std::size_t j = first; j < end; ++j) {
      const double distance = std::abs((static_cast<double>(j) - center + 0.5) / reach);
      weights.push_back(distance < 1 ? 1 - distance : 0);
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    taps[i].first = first;
    for (const double w : weights) {
      taps[i].weights.push_back(
          static_cast<std::int32_t>(std::floor(0.5 + w / sum * (1 << kBits))));
    }
  }
  return taps;
}

std::uint8_t blend(const Taps& taps, const std::uint8_t* line, std::size_t stride) {
  std::int32_t sum = 1 << (kBits - 1);
  for (std::size_t j = 0; j < taps.weights.size(); ++j) {
    sum += line[(taps.first + j) * stride] * taps.weights[j];
  }
  return static_cast<std::uint8_t>(std::clamp(sum >> kBits, 0, 255));
}

}  // namespace

std::string to_text(const ImageShape& shape) {
  return to_text(shape.channels) + " x " + to_text(shape.height) + " x " + to_text(shape.width);
}

Images unit_images(const ByteImages& images, std::span<const std::size_t> rows) {
  std::array<float, 256> unit;
  for (std::size_t value = 0; value < unit.size(); ++value) {
    unit[value] = static_cast<float>(value) / static_cast<float>(images.white);
  }
  const std::size_t d = images.shape.size();
  Images out{images.shape, images.classes, Matrix<float>(rows.size(), d),
             std::vector<std::size_t>(rows.size())};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SURPLUS_REQUIRE(rows[i] < images.size(), ArgumentError, "unit_images",
                    "each row must be below the number of images", "row", rows[i], "images",
                    images.size());
    const std::uint8_t* from = images.pixels.data() + rows[i] * d;
    std::transform(from, from + d, out.x.row(i).data(), [&](std::uint8_t p) { return unit[p]; });
    out.labels[i] = images.labels[rows[i]];
  }
  return out;
}

Images unit_images(const ByteImages& images) {
  std::vector<std::size_t> rows(images.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return unit_images(images, rows);
}

ByteImages resize_images(const ByteImages& images, std::size_t height, std::size_t width) {
  constexpr std::size_t kMost = std::size_t{1} << 15;
  SURPLUS_REQUIRE(height >= 1 && height <= kMost && width >= 1 && width <= kMost, ArgumentError,
                  "resize_images", "height and width must be at least 1 and at most 2^15", "height",
                  height, "width", width);
  const ImageShape& old = images.shape;
  ByteImages out{{old.channels, height, width}, images.classes, images.white, {}, images.labels};
  out.pixels.resize(images.size() * out.shape.size());
  const std::vector<Taps> across = bilinear_taps(old.width, width);
  const std::vector<Taps> down = bilinear_taps(old.height, height);
  std::vector<std::uint8_t> wide(old.height * width);
  for (std::size_t plane = 0; plane < images.size() * old.channels; ++plane) {
    const std::uint8_t* from = images.pixels.data() + plane * old.height * old.width;
    std::uint8_t* to = out.pixels.data() + plane * height * width;
    for (std::size_t i = 0; i < old.height; ++i) {
      for (std::size_t j = 0; j < width; ++j) {
        wide[i * width + j] = blend(across[j], from + i * old.width, 1);
      }
    }
    for (std::size_t i = 0; i < height; ++i) {
      for (std::size_t j = 0; j < width; ++j) to[i * width + j] = blend(down[i], &wide[j], width);
    }
  }
  return out;
}

}  // namespace surplus
