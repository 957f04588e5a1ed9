#include "surplus/data/cifar10n.h"

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "surplus/core/errors.h"
#include "surplus/core/file.h"
#include "surplus/data/zip_members.h"

namespace surplus {
namespace {

constexpr std::size_t kClasses = 10, kImages = 50000;

// What the pickle's stack and memory hold, shared where the pickle says "the same".
struct Object {
  enum class Kind { kMark, kOther, kInt, kText, kBytes, kGlobal, kTuple, kDtype, kArray, kDict };

  Kind kind = Kind::kOther;
  std::int64_t number = 0;                          // of kInt
  std::string text = {};                            // of kText, kBytes, kGlobal; kDtype's type
  std::vector<std::shared_ptr<Object>> items = {};  // of kTuple; kDict's keys and values in turn
  std::vector<std::size_t> labels = {};             // of kArray
};
using Pointer = std::shared_ptr<Object>;
using Kind = Object::Kind;

// A machine for protocol 2 of Python's pickle.
// Source: the module pickletools of Python 3.11, and numpy.ndarray.__reduce__.
class Pickle {
 public:
  Pickle(std::string_view bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  // The dictionary that the pickle is of.
  Pointer run() {
    require(take(2) == std::string_view("\x80\x02", 2), "a pickle must be of protocol 2");
    while (true) {
      const auto code = static_cast<unsigned char>(take(1).front());
      if (code == '.') break;
      step(code);
    }
    require(at_ == bytes_.size() && stack_.size() == 1 && top()->kind == Kind::kDict,
            "a pickle must be one dictionary, and nothing after it");
    return top();
  }

 private:
  template <typename... Pairs>
  void require(bool condition, std::string_view requirement, const Pairs&... pairs) const {
    if (condition) return;
    throw DataError(error_message(name_ + ": byte " + to_text(at_), requirement, pairs...));
  }

  std::string_view take(std::size_t count) {
    require(count <= bytes_.size() - at_, "the pickle must not be cut off", "bytes", bytes_.size());
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  std::uint64_t take_number(std::size_t count) {
    const std::string_view taken = take(count);
    std::uint64_t number = 0;
    for (std::size_t i = count; i-- > 0;)
      number = number << 8 | static_cast<unsigned char>(taken[i]);
    return number;
  }
  std::string take_line() {
    const std::size_t end = bytes_.find('\n', at_);
    require(end != std::string_view::npos && end - at_ < 100, "a name must end");
    std::string line(take(end - at_));
    take(1);
    return line;
  }

  const Pointer& top() const {
    require(!stack_.empty(), "the pickle's stack must not run out");
    return stack_.back();
  }
  Pointer pop() {
    Pointer object = top();
    stack_.pop_back();
    return object;
  }
  Pointer& push(Object object) {
    return stack_.emplace_back(std::make_shared<Object>(std::move(object)));
  }
  std::vector<Pointer> pop_to_mark() {
    std::size_t begin = stack_.size();
    while (begin > 0 && stack_[begin - 1]->kind != Kind::kMark) --begin;
    require(begin > 0, "the pickle's stack must have a mark");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(begin);
    std::vector<Pointer> items(first, stack_.end());
    stack_.erase(first - 1, stack_.end());
    return items;
  }
  void push_tuple(std::size_t count) {
    std::vector<Pointer> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push({.kind = Kind::kTuple, .items = std::move(items)});
  }
  void push_memory(std::uint64_t index) {
    const auto found = memory_.find(index);
    require(found != memory_.end(), "the pickle's memory must hold what is asked for", "index",
            index);
    stack_.push_back(found->second);
  }

  void step(unsigned char code) {
    switch (code) {
      case '(':
        push({.kind = Kind::kMark});
        break;
      case '}':
        push({.kind = Kind::kDict});
        break;
      case 'N':   // None
      case 0x88:  // True
      case 0x89:  // False
        push({.kind = Kind::kOther});
        break;
      case 'K':
        push({.kind = Kind::kInt, .number = static_cast<std::int64_t>(take_number(1))});
        break;
      case 'M':
        push({.kind = Kind::kInt, .number = static_cast<std::int64_t>(take_number(2))});
        break;
      case 'J':
        push({.kind = Kind::kInt,
              .number = static_cast<std::int32_t>(static_cast<std::uint32_t>(take_number(4)))});
        break;
      case 'X':
        push({.kind = Kind::kText, .text = std::string(take(take_number(4)))});
        break;
      case 'c': {
        const std::string module = take_line();
        push({.kind = Kind::kGlobal, .text = module + "." + take_line()});
        break;
      }
      case 'q':
        memory_[take_number(1)] = top();
        break;
      case 'r':
        memory_[take_number(4)] = top();
        break;
      case 'h':
        push_memory(take_number(1));
        break;
      case 'j':
        push_memory(take_number(4));
        break;
      case 0x85:
        push_tuple(1);
        break;
      case 0x86:
        push_tuple(2);
        break;
      case 0x87:
        push_tuple(3);
        break;
      case 't': {
        std::vector<Pointer> items = pop_to_mark();
        push({.kind = Kind::kTuple, .items = std::move(items)});
        break;
      }
      case 'R':
        reduce();
        break;
      case 'b':
        build();
        break;
      case 'u': {
        const std::vector<Pointer> items = pop_to_mark();
        require(items.size() % 2 == 0 && top()->kind == Kind::kDict,
                "a dictionary must be filled with pairs");
        top()->items.insert(top()->items.end(), items.begin(), items.end());
        break;
      }
      default:
        require(false, "the pickle must hold label arrays alone", "opcode", std::size_t{code});
    }
  }

  // A call of one of the four functions that arrays are made with.
  void reduce() {
    const Pointer arguments = pop(), function = pop();
    require(function->kind == Kind::kGlobal && arguments->kind == Kind::kTuple,
            "a function must be called with a tuple");
    const std::string& name = function->text;
    if (name == "_codecs.encode") {
      require(arguments->items.size() == 2 && arguments->items[0]->kind == Kind::kText &&
                  arguments->items[1]->text == "latin1",
              "bytes must be written as latin1");
      push({.kind = Kind::kBytes, .text = latin1(arguments->items[0]->text)});
    } else if (name == "numpy.dtype") {
      require(!arguments->items.empty() && arguments->items[0]->text == "i8",
              "labels must be of type int64");
      push({.kind = Kind::kDtype});
    } else if (name == "numpy.core.multiarray._reconstruct" ||
               name == "numpy._core.multiarray._reconstruct") {
      push({.kind = Kind::kArray});
    } else {
      require(false, "the pickle must call no other functions than arrays need", "function",
              printable(name));
    }
  }

  // The state of a type or an array.
  void build() {
    const Pointer state = pop();
    Object& object = *top();
    require(state->kind == Kind::kTuple, "a state must be a tuple");
    const std::vector<Pointer>& items = state->items;
    if (object.kind == Kind::kDtype) {
      require(items.size() >= 2 && items[1]->text == "<", "labels must be little-endian");
      return;
    }
    require(object.kind == Kind::kArray && items.size() == 5 && items[1]->kind == Kind::kTuple &&
                items[1]->items.size() == 1 && items[1]->items[0]->kind == Kind::kInt &&
                items[2]->kind == Kind::kDtype && items[4]->kind == Kind::kBytes,
            "an array must be of one dimension, int64 and whole");
    const std::string& bytes = items[4]->text;
    const std::int64_t count = items[1]->items[0]->number;
    require(count >= 1 && bytes.size() % 8 == 0 &&
                bytes.size() / 8 == static_cast<std::uint64_t>(count),
            "an array must have as many bytes as its shape says", "labels", count, "bytes",
            bytes.size());
    object.labels.clear();
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      std::int64_t label = 0;
      for (std::size_t b = 8; b-- > 0;) {
        label = static_cast<std::int64_t>(static_cast<std::uint64_t>(label) << 8 |
                                          static_cast<unsigned char>(bytes[i + b]));
      }
      require(label >= 0 && label < static_cast<std::int64_t>(kClasses), "labels must be below 10",
              "index", i / 8, "label", label);
      object.labels.push_back(static_cast<std::size_t>(label));
    }
  }

  // UTF-8 of characters below 256, as bytes.
  std::string latin1(std::string_view text) const {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto first = static_cast<unsigned char>(text[i]);
      if (first < 0x80) {
        bytes.push_back(text[i]);
        continue;
      }
      require((first == 0xC2 || first == 0xC3) && i + 1 < text.size() &&
                  (static_cast<unsigned char>(text[i + 1]) & 0xC0) == 0x80,
              "latin1 text must be of characters below 256");
      ++i;
      bytes.push_back(
          static_cast<char>((first & 0x03) << 6 | (static_cast<unsigned char>(text[i]) & 0x3F)));
    }
    return bytes;
  }

  std::string_view bytes_;
  std::string name_;
  std::size_t at_ = 0;
  std::vector<Pointer> stack_;
  std::map<std::uint64_t, Pointer> memory_;
};

}  // namespace

HumanLabels parse_cifar10n(std::string_view bytes, std::string_view name) {
  std::map<std::string, std::vector<std::size_t>> arrays;
  std::size_t pickles = 0;
  detail::for_each_zip_member(
      bytes, name, "a file of CIFAR-10N",
      [](const std::string& path) { return path.ends_with("/data.pkl"); },
      [&](const std::string& path, const std::string& contents) {
        SURPLUS_REQUIRE(++pickles == 1, DataError, name, "there must be one data.pkl");
        const std::string member = std::string(name) + ": " + printable(path);
        const Pointer dictionary = Pickle(contents, member).run();
        const std::vector<Pointer>& items = dictionary->items;
        for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
          SURPLUS_REQUIRE(items[i]->kind == Kind::kText && items[i + 1]->kind == Kind::kArray,
                          DataError, member, "the dictionary must be of arrays by their names");
          const bool is_new = arrays.emplace(items[i]->text, items[i + 1]->labels).second;
          SURPLUS_REQUIRE(is_new, DataError, member, "the names of the arrays must differ", "name",
                          printable(items[i]->text));
        }
      });
  SURPLUS_REQUIRE(pickles == 1, DataError, name, "there must be one data.pkl");
  HumanLabels labels;
  const std::pair<const char*, std::vector<std::size_t>*> members[] = {
      {"clean_label", &labels.clean},     {"aggre_label", &labels.aggregate},
      {"worse_label", &labels.worst},     {"random_label1", &labels.random1},
      {"random_label2", &labels.random2}, {"random_label3", &labels.random3}};
  for (const auto& [key, to] : members) {
    const auto found = arrays.find(key);
    SURPLUS_REQUIRE(found != arrays.end(), DataError, name,
                    "there must be an array " + std::string(key));
    *to = std::move(found->second);
    SURPLUS_REQUIRE(!to->empty() && to->size() == labels.clean.size(), DataError, name,
                    "all arrays must have as many labels", key, to->size(), "clean_label",
                    labels.clean.size());
  }
  SURPLUS_REQUIRE(arrays.size() == std::size(members), DataError, name, "there must be six arrays",
                  "arrays", arrays.size());
  return labels;
}

HumanLabels read_cifar10n(const std::filesystem::path& path) {
  HumanLabels labels = parse_cifar10n(read_file(path), path.string());
  SURPLUS_REQUIRE(labels.clean.size() == kImages, DataError, path.string(),
                  "there must be 50000 labels in each array", "labels", labels.clean.size());
  return labels;
}

}  // namespace surplus
