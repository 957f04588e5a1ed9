#include "surplus/data/csv.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <span>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"

namespace surplus {
namespace {

struct Field {
  std::string text;
  bool quoted = false;
};

/// The number a text is, none if it is no finite number that a double can hold.
std::optional<double> to_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with('+')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && !text.empty() && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The order of the label names, and where each of them then stands.
std::vector<std::size_t> ranks_of(const std::vector<std::string>& names) {
  std::vector<std::optional<double>> numbers;
  numbers.reserve(names.size());
  for (const std::string& name : names) numbers.push_back(to_number(name));
  const bool by_value =
      std::all_of(numbers.begin(), numbers.end(), [](const auto& x) { return x.has_value(); });
  std::vector<std::size_t> order(names.size()), ranks(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (by_value && *numbers[a] != *numbers[b]) return *numbers[a] < *numbers[b];
    return names[a] < names[b];
  });
  for (std::size_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  return ranks;
}

/// Turns records, one at a time, into samples.
class TableBuilder {
 public:
  TableBuilder(std::string name, const CsvConfig& config)
      : name_(std::move(name)), config_(config) {}

  void add(std::size_t line, std::span<Field> fields) {
    line_ = line;
    if (columns_ == 0) {
      start(fields);
      if (is_header(fields)) {
        for (std::size_t j = 0; j < columns_; ++j) {
          if (j != label_) feature_names_.push_back(std::move(fields[j].text));
        }
        return;
      }
    }
    require(fields.size() == columns_, "a row must have as many fields as the first", "fields",
            fields.size(), "first", columns_);
    ++rows_read_;
    if (config_.missing == CsvMissing::kDropRow &&
        std::any_of(fields.begin(), fields.end(), [&](const Field& f) { return is_missing(f); })) {
      return;
    }
    for (std::size_t j = 0; j < columns_; ++j) {
      if (j == label_) {
        add_label(fields[j], j);
      } else {
        values_.push_back(feature(fields[j], j));
      }
    }
  }

  Samples finish() {
    const std::size_t d = columns_ - (label_ < columns_ ? 1 : 0);
    const std::size_t n = d == 0 ? 0 : values_.size() / d;
    if (n == 0) {
      throw DataError(error_message(name_, "the table must hold a row without missing values",
                                    "rows", rows_read_));
    }
    Samples samples{Matrix<double>(n, d), std::move(labels_),
                    std::vector<std::string>(label_names_.size()), std::move(feature_names_)};
    std::copy(values_.begin(), values_.end(), samples.x.data());
    const std::vector<std::size_t> ranks = ranks_of(label_names_);
    for (std::size_t& label : samples.labels) label = ranks[label];
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      samples.label_names[ranks[i]] = std::move(label_names_[i]);
    }
    return samples;
  }

  template <typename... Pairs>
  void require(bool condition, std::string_view requirement, const Pairs&... pairs) const {
    if (!condition) throw DataError(error_message(place(), requirement, pairs...));
  }
  void at_line(std::size_t line) { line_ = line; }

 private:
  std::string place() const { return name_ + ":" + to_text(line_); }

  void start(std::span<const Field> fields) {
    columns_ = fields.size();
    if (config_.label_column) {
      const auto count = static_cast<std::ptrdiff_t>(columns_);
      const std::ptrdiff_t column = *config_.label_column;
      require(column >= -count && column < count, "the label must be one of the columns",
              "label_column", column, "columns", columns_);
      label_ = static_cast<std::size_t>(column < 0 ? column + count : column);
    }
    require(columns_ > (config_.label_column ? 1u : 0u), "a row must have a feature", "columns",
            columns_);
  }

  bool is_header(std::span<const Field> fields) const {
    if (config_.header != CsvHeader::kAuto) return config_.header == CsvHeader::kYes;
    for (std::size_t j = 0; j < columns_; ++j) {
      if (j != label_ && (is_missing(fields[j]) || to_number(fields[j].text))) return false;
    }
    return true;
  }

  bool is_missing(const Field& field) const {
    return !field.quoted && (field.text.empty() || field.text == config_.missing_marker);
  }

  double feature(const Field& field, std::size_t j) const {
    if (is_missing(field)) {
      require(config_.missing == CsvMissing::kNan, "no field may be missing", "field", j + 1);
      return std::numeric_limits<double>::quiet_NaN();
    }
    const std::optional<double> value = to_number(field.text);
    if (value) return *value;
    throw DataError(error_message(place(), "a feature must be a finite number", "field", j + 1,
                                  "text", printable(field.text)));
  }

  void add_label(Field& field, std::size_t j) {
    require(!is_missing(field), "no label may be missing", "field", j + 1);
    const auto [at, is_new] = label_of_.try_emplace(field.text, label_names_.size());
    if (is_new) label_names_.push_back(field.text);
    labels_.push_back(at->second);
  }

  std::string name_;
  CsvConfig config_;
  std::size_t line_ = 0;
  std::size_t columns_ = 0;
  std::size_t label_ = std::numeric_limits<std::size_t>::max();
  std::size_t rows_read_ = 0;
  std::vector<double> values_;
  std::vector<std::size_t> labels_;
  std::vector<std::string> label_names_, feature_names_;
  std::unordered_map<std::string, std::size_t> label_of_;
};

/// Cuts text, which may come in pieces, into records.
class RecordCutter {
 public:
  RecordCutter(char delimiter, TableBuilder& table) : delimiter_(delimiter), table_(table) {}

  void feed(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
      switch (state_) {
        case State::kBare:
          at = bare(text, at);
          break;
        case State::kQuoted:
          at = quoted(text, at);
          break;
        case State::kAfterQuote:
          at = after_quote(text, at);
          break;
      }
    }
  }

  void finish() {
    table_.at_line(record_line_);
    table_.require(state_ != State::kQuoted, "a quoted field must end with a quote");
    end_record();
  }

 private:
  enum class State { kBare, kQuoted, kAfterQuote };

  // Up to and with the next character that means something outside quotes.
  std::size_t bare(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && !ends_field(text[end]) && text[end] != '"') ++end;
    field().text.append(text.substr(at, end - at));
    if (end == text.size()) return end;
    if (text[end] != '"') {
      end_field(text[end]);
      return end + 1;
    }
    table_.at_line(record_line_);
    table_.require(trimmed(field().text).empty(), "a quote must stand at the start of a field",
                   "text", printable(field().text));
    field().text.clear();
    field().quoted = true;
    state_ = State::kQuoted;
    after_return_ = false;
    return end + 1;
  }

  std::size_t quoted(std::string_view text, std::size_t at) {
    const std::size_t end = std::min(text.find('"', at), text.size());
    field().text.append(text.substr(at, end - at));
    line_ +=
        static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                                            text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
    if (end == text.size()) return end;
    state_ = State::kAfterQuote;
    return end + 1;
  }

  std::size_t after_quote(std::string_view text, std::size_t at) {
    const char c = text[at];
    if (c == '"') {
      field().text += '"';
      state_ = State::kQuoted;
    } else if (ends_field(c)) {
      state_ = State::kBare;
      end_field(c);
    } else {
      table_.at_line(record_line_);
      table_.require(c == ' ' || c == '\t', "nothing may follow a closing quote", "text",
                     printable(text.substr(at, 1)));
    }
    return at + 1;
  }

  bool ends_field(char c) const { return c == delimiter_ || c == '\n' || c == '\r'; }

  void end_field(char c) {
    // The second half of a line end of two characters.
    if (c == '\n' && std::exchange(after_return_, false) && finished_ == 0 &&
        field().text.empty()) {
      return;
    }
    if (c == delimiter_) {
      push_field();
      return;
    }
    after_return_ = c == '\r';
    end_record();
    record_line_ = ++line_;
  }

  Field& field() { return fields_[finished_]; }
  void clear_field() {
    field().text.clear();
    field().quoted = false;
  }

  void push_field() {
    if (!field().quoted) field().text = trimmed(field().text);
    if (++finished_ == fields_.size()) fields_.emplace_back();
    clear_field();
  }

  void end_record() {
    const bool blank = finished_ == 0 && !field().quoted && trimmed(field().text).empty();
    if (blank) {
      clear_field();
      return;
    }
    push_field();
    table_.add(record_line_, std::span(fields_).first(finished_));
    finished_ = 0;
    clear_field();
  }

  char delimiter_;
  TableBuilder& table_;
  State state_ = State::kBare;
  bool after_return_ = false;
  std::size_t line_ = 1, record_line_ = 1;
  // The finished fields of the record and the one in the making, whose memory serves every record.
  std::vector<Field> fields_ = std::vector<Field>(1);
  std::size_t finished_ = 0;
};

/// Reads all pieces that next() gives; an empty one is the end.
Samples parse(const std::function<std::string_view()>& next, std::string_view name,
              const CsvConfig& config) {
  SURPLUS_REQUIRE(config.delimiter != '"' && config.delimiter != '\n' && config.delimiter != '\r',
                  ArgumentError, "read_csv", "delimiter must not be a quote or a line end",
                  "delimiter", static_cast<int>(config.delimiter));
  TableBuilder table{std::string(name), config};
  RecordCutter cutter(config.delimiter, table);
  // Three bytes may come in three pieces.
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string head;
  std::string_view piece;
  while (head.size() < kByteOrderMark.size() && !(piece = next()).empty()) head += piece;
  const std::string_view start(head);
  cutter.feed(start.starts_with(kByteOrderMark) ? start.substr(kByteOrderMark.size()) : start);
  while (!(piece = next()).empty()) cutter.feed(piece);
  cutter.finish();
  return table.finish();
}

std::string quoted_if_needed(const std::string& text, char delimiter) {
  const bool plain = !text.empty() && text != "?" && trimmed(text) == text &&
                     text.find_first_of("\"\r\n") == std::string::npos &&
                     text.find(delimiter) == std::string::npos;
  if (plain) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

}  // namespace

Samples read_csv(const std::filesystem::path& path, const CsvConfig& config) {
  constexpr unsigned kPiece = 1 << 17;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  SURPLUS_REQUIRE(file != nullptr, DataError, path.string(), "must be readable", "error",
                  std::generic_category().message(errno));
  std::vector<char> buffer(kPiece);
  return parse(
      [&]() -> std::string_view {
        const int got = gzread(file.get(), buffer.data(), kPiece);
        int status = Z_OK;
        const char* text = gzerror(file.get(), &status);
        SURPLUS_REQUIRE(got >= 0 && (got > 0 || status == Z_OK || status == Z_STREAM_END),
                        DataError, path.string(), "must be readable to its end", "error",
                        status == Z_ERRNO ? std::generic_category().message(errno) : text);
        return {buffer.data(), static_cast<std::size_t>(got)};
      },
      path.string(), config);
}

Samples parse_csv(std::string_view text, std::string_view name, const CsvConfig& config) {
  return parse([&] { return std::exchange(text, {}); }, name, config);
}

void write_csv(const std::filesystem::path& path, const Samples& samples, char delimiter) {
  const Matrix<double>& x = samples.x;
  const bool labelled = !samples.labels.empty();
  SURPLUS_REQUIRE(!x.empty(), ArgumentError, "write_csv", "x must not be empty", "x", x.shape());
  SURPLUS_REQUIRE(!labelled || samples.labels.size() == x.rows(), ShapeError, "write_csv",
                  "there must be a label for each row or none", "labels", samples.labels.size(),
                  "rows", x.rows());
  SURPLUS_REQUIRE(samples.feature_names.empty() || samples.feature_names.size() == x.cols(),
                  ShapeError, "write_csv", "there must be a name for each feature or none", "names",
                  samples.feature_names.size(), "features", x.cols());
  for (const std::size_t label : samples.labels) {
    SURPLUS_REQUIRE(label < samples.label_names.size(), ArgumentError, "write_csv",
                    "each label must have a name", "label", label, "names",
                    samples.label_names.size());
  }
  write_file_atomically(path, [&](const Append& append) {
    constexpr std::size_t kPiece = 1 << 20;
    std::string text;
    // Each field has put a delimiter behind itself, which the last one does not need.
    const auto end_line = [&](const std::string& label) {
      if (labelled) {
        text += label;
      } else {
        text.pop_back();
      }
      text += '\n';
      if (text.size() >= kPiece) append(std::exchange(text, {}));
    };
    for (const std::string& name : samples.feature_names) {
      text += quoted_if_needed(name, delimiter) + delimiter;
    }
    if (!text.empty()) end_line("label");
    for (std::size_t i = 0; i < x.rows(); ++i) {
      for (std::size_t j = 0; j < x.cols(); ++j) {
        const double value = x(i, j);
        SURPLUS_REQUIRE(!std::isinf(value), ArgumentError, "write_csv", "x must not be infinite",
                        "row", i, "column", j, "value", value);
        text += (std::isnan(value) ? "?" : to_text(value)) + delimiter;
      }
      end_line(labelled ? quoted_if_needed(samples.label_names[samples.labels[i]], delimiter) : "");
    }
    append(text);
  });
}

}  // namespace surplus
