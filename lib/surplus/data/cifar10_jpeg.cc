#include "surplus/data/cifar10_jpeg.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csetjmp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"

#include <jpeglib.h>  // needs <cstdio> before it

namespace surplus {
namespace {

constexpr std::array<std::string_view, 10> kClasses = {
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
constexpr std::size_t kSide = 32;
constexpr ImageShape kShape{3, kSide, kSide};

// libjpeg reports an error by a call that must not return.
struct Failure {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void fail(j_common_ptr info) {
  auto* const failure = reinterpret_cast<Failure*>(info->err);
  info->err->format_message(info, failure->text);
  std::longjmp(failure->back, 1);
}

// What libjpeg repairs is damaged too: the first warning ends it.
void warn(j_common_ptr info, int level) {
  if (level < 0) fail(info);
}

// Writes channel after channel to `pixels`; what is wrong, or null. No object here has a destructor,
// which longjmp() would skip.
const char* decode(std::string_view bytes, Failure& failure, std::uint8_t* pixels) {
  jpeg_decompress_struct info;
  info.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = fail;
  failure.manager.emit_message = warn;
  if (setjmp(failure.back) != 0) {
    jpeg_destroy_decompress(&info);
    return failure.text;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()),
               static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&info, TRUE);
  if (info.image_width != kSide || info.image_height != kSide) {
    jpeg_destroy_decompress(&info);
    return "another size";
  }
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  std::uint8_t line[3 * kSide];
  std::uint8_t* lines[1] = {line};
  for (std::size_t row = 0; row < kSide; ++row) {
    jpeg_read_scanlines(&info, lines, 1);
    for (std::size_t i = 0; i < 3 * kSide; ++i) {
      pixels[(i % 3 * kSide + row) * kSide + i / 3] = line[i];
    }
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return nullptr;
}

// The images of a part as they come, each at its place.
class Part {
 public:
  void add(std::size_t place, std::size_t label, std::string_view jpeg, const std::string& name) {
    if (place >= there_.size()) {
      there_.resize(place + 1);
      images_.labels.resize(place + 1);
      images_.pixels.resize((place + 1) * kShape.size());
    }
    SURPLUS_REQUIRE(!there_[place], DataError, name, "a picture must come once");
    there_[place] = true;
    images_.labels[place] = static_cast<std::uint8_t>(label);
    const auto failure = std::make_unique<Failure>();
    const char* const error = decode(jpeg, *failure, images_.pixels.data() + place * kShape.size());
    SURPLUS_REQUIRE(error == nullptr, DataError, name, "the picture must be a JPEG of 32 x 32",
                    "error", error == nullptr ? "" : printable(error));
  }

  ByteImages finish(std::string_view name, std::string_view part) && {
    const auto gap = std::ranges::find(there_, false) - there_.begin();
    SURPLUS_REQUIRE(!there_.empty() && static_cast<std::size_t>(gap) == there_.size(), DataError,
                    name, "the archive must hold each picture of a part", "part", part, "missing",
                    gap);
    return std::move(images_);
  }

 private:
  ByteImages images_{kShape};
  std::vector<bool> there_;
};

// "train", "cat", 17 of ".../train/cat/0017.jpg".
struct Place {
  std::string_view part;
  std::size_t label = 0, number = 0;
};

std::optional<Place> place_of(std::string_view path) {
  const std::size_t file = path.rfind('/');
  if (file == std::string_view::npos || file == 0 || !path.ends_with(".jpg")) return {};
  const std::size_t label = path.rfind('/', file - 1);
  if (label == std::string_view::npos) return {};
  const std::size_t part = label == 0 ? std::string_view::npos : path.rfind('/', label - 1);
  const std::size_t begin = part == std::string_view::npos ? 0 : part + 1;
  const auto* const found = std::ranges::find(kClasses, path.substr(label + 1, file - label - 1));
  const char *const first = path.data() + file + 1, *const last = path.data() + path.size() - 4;
  Place place{path.substr(begin, label - begin),
              static_cast<std::size_t>(found - kClasses.begin())};
  const auto [end, error] = std::from_chars(first, last, place.number);
  if (found == kClasses.end() || error != std::errc() || end != last) return {};
  if (place.part != "train" && place.part != "test") return {};
  return place;
}

// Of each class, the places of its images among all.
std::array<std::vector<std::size_t>, 10> places_of(std::string_view labels, std::string_view name) {
  std::array<std::vector<std::size_t>, 10> places;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<unsigned char>(labels[i]);
    SURPLUS_REQUIRE(label < kClasses.size(), DataError, std::string(name) + ": label " + to_text(i),
                    "a label must be below the number of classes", "label", int{label}, "classes",
                    kClasses.size());
    places[label].push_back(i);
  }
  return places;
}

}  // namespace

ImageSet parse_cifar10_jpeg(std::string_view archive, std::string_view labels,
                            std::string_view name) {
  const auto places = places_of(labels, name);
  const std::unique_ptr<struct archive, int (*)(struct archive*)> tar(archive_read_new(),
                                                                      archive_read_free);
  const auto require_whole = [&](bool condition) {
    const char* error = condition ? nullptr : archive_error_string(tar.get());
    SURPLUS_REQUIRE(condition, DataError, name, "the images must be a complete tar archive",
                    "error", error == nullptr ? "unknown" : printable(error));
  };
  archive_read_support_filter_xz(tar.get());
  archive_read_support_format_tar(tar.get());
  require_whole(archive_read_open_memory(tar.get(), archive.data(), archive.size()) == ARCHIVE_OK);
  Part train, test;
  std::vector<char> bytes;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(tar.get(), &entry)) == ARCHIVE_OK) {
    const char* raw = archive_entry_pathname(entry);
    const std::string path = raw == nullptr ? "" : raw;
    const std::optional<Place> place = place_of(path);
    if (!place) continue;
    const std::string whole = std::string(name) + ": " + printable(path);
    constexpr std::size_t kMost = 1 << 16;  // some 1 kB each
    bytes.resize(kMost);
    std::size_t size = 0;
    while (size < kMost) {
      const la_ssize_t got = archive_read_data(tar.get(), bytes.data() + size, kMost - size);
      require_whole(got >= 0);
      if (got == 0) break;
      size += static_cast<std::size_t>(got);
    }
    const std::string_view jpeg(bytes.data(), size);
    if (place->part == "train") {
      const auto& of_class = places[place->label];
      SURPLUS_REQUIRE(place->number < of_class.size(), DataError, whole,
                      "there must be a label for each training picture", "labels of the class",
                      of_class.size());
      train.add(of_class[place->number], place->label, jpeg, whole);
    } else {
      SURPLUS_REQUIRE(place->number < 10000, DataError, whole,
                      "the number of a test picture must be below 10000");
      test.add(place->number * kClasses.size() + place->label, place->label, jpeg, whole);
    }
  }
  require_whole(status == ARCHIVE_EOF);
  ImageSet set{"CIFAR-10 (JPEG copy)", std::move(train).finish(name, "train"),
               std::move(test).finish(name, "test")};
  SURPLUS_REQUIRE(set.train.size() == labels.size(), DataError, name,
                  "the archive must hold a picture for each label", "pictures", set.train.size(),
                  "labels", labels.size());
  return set;
}

ImageSet read_cifar10_jpeg(const std::filesystem::path& folder) {
  const std::filesystem::path archive = folder / "images.tar.xz";
  return parse_cifar10_jpeg(read_file(archive), read_file(folder / "train-labels.u8"),
                            archive.string());
}

}  // namespace surplus
