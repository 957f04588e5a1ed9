#include "apps/runner/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "surplus/core/errors.h"

namespace surplus::apps {
namespace {

using Json = nlohmann::ordered_json;

// JSON has no numbers for these.
Json to_json(double value) {
  return std::isfinite(value) ? Json(value) : Json(surplus::to_text(value));
}

double to_double(const Json& json) {
  if (!json.is_string()) return json.get<double>();
  const auto text = json.get<std::string>();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  return std::numeric_limits<double>::quiet_NaN();
}

std::string identity_line(const Identity& identity) {
  Json json = Json::object();
  for (const auto& [name, value] : identity) json[name] = value;
  return json.dump() + "\n";
}

void require_same(const Json& saved, const Identity& identity) {
  for (const auto& [name, value] : identity) {
    const auto found = saved.value(name, std::string());
    SURPLUS_REQUIRE(found == value, ArgumentError, "--resume",
                    "the saved run must have been started the same way", name, value, "saved",
                    found);
  }
}

}  // namespace

Journal::Journal(const std::filesystem::path& directory, const Identity& identity, bool resume)
    : path_(directory / "cells.jsonl"),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  SURPLUS_REQUIRE(file_ >= 0, DataError, path_.string(), "the file must be writable", "error",
                  std::strerror(errno));
  try {
    SURPLUS_REQUIRE(::flock(file_, LOCK_EX | LOCK_NB) == 0, ArgumentError, path_.string(),
                    "no other run may use the directory", "error", std::strerror(errno));
    if (resume) {
      std::string text;
      std::array<char, 1 << 16> buffer;
      for (ssize_t got = 0; (got = ::read(file_, buffer.data(), buffer.size())) != 0;) {
        SURPLUS_REQUIRE(got > 0, DataError, path_.string(), "the file must be readable", "error",
                        std::strerror(errno));
        text.append(buffer.data(), static_cast<std::size_t>(got));
      }
      // What follows the last line's end was cut off by a sudden end.
      text.resize(text.rfind('\n') + 1);
      read(text, identity);
      size_ = text.size();
    }
    if (::ftruncate(file_, static_cast<off_t>(size_)) != 0 ||
        ::lseek(file_, static_cast<off_t>(size_), SEEK_SET) < 0) {
      throw DataError(error_message(path_.string(), "the file must be writable", "error",
                                    std::strerror(errno)));
    }
    if (size_ == 0) write(identity_line(identity));
  } catch (...) {
    ::close(file_);
    throw;
  }
}

Journal::~Journal() { ::close(file_); }

void Journal::append(std::string_view name, std::span<const double> values, double seconds) {
  Json list = Json::array();
  for (const double value : values) list.push_back(to_json(value));
  write(Json::array({name, std::move(list), seconds}).dump() + "\n");
}

void Journal::read(std::string_view text, const Identity& identity) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    try {
      const Json json = Json::parse(text.substr(0, end));
      if (line == 1) {
        require_same(json, identity);
      } else {
        std::vector<double> values;
        for (const Json& value : json.at(1).get_ref<const Json::array_t&>())
          values.push_back(to_double(value));
        cells_.insert_or_assign(json.at(0).get<std::string>(), std::move(values));
        seconds_ = json.at(2).get<double>();
      }
    } catch (const Json::exception&) {
      throw DataError(error_message(path_.string() + ":" + std::to_string(line),
                                    "the line must be one that surplus wrote"));
    }
    text.remove_prefix(end + 1);
  }
}

void Journal::write(const std::string& line) {
  const ssize_t written = ::write(file_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) {
    size_ += line.size();
    return;
  }
  const int error = written < 0 ? errno : ENOSPC;
  [[maybe_unused]] const int cut = ::ftruncate(file_, static_cast<off_t>(size_));
  ::lseek(file_, static_cast<off_t>(size_), SEEK_SET);
  throw DataError(error_message(path_.string(), "the saved work must fit on the disk", "error",
                                std::strerror(error)));
}

}  // namespace surplus::apps
