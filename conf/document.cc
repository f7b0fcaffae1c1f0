#include "conf/document.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <deque>
#include <future>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>

#include "base/text.h"
#include "conf/cut.h"

namespace conf {

namespace {

// Stops the parser: the fault has been reported.
struct Stop {};

// Builds the tree from yaml-cpp's events. Its Node interface is not used: it resolves aliases, keeps the first of two
// equal keys without a word, and reads `~` as the text "null".
class Builder final : public YAML::EventHandler {
 public:
  // `line`: of the file, where the text begins.
  Builder(const std::string* file, int line, std::vector<Fault>& faults, const ItemSink* sink)
      : file_(file), line_(line), faults_(faults), sink_(sink) {}

  [[nodiscard]] Value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& at) override {
    if (++documents_ > 1) {
      report(at, "a second document begins here; allowed: one document to a file");
      throw Stop{};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& at, YAML::anchor_t anchor) override {
    add(properties_ok(at, "?", anchor) ? make(at, Value::Kind::kNull) : make(at, Value::Kind::kBad));
  }

  void OnAlias(const YAML::Mark& at, YAML::anchor_t) override {
    report(at, "found an alias (*name); aliases are not used here, write the value out");
    add(make(at, Value::Kind::kBad));
  }

  void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    Value value = make(at, properties_ok(at, tag, anchor) ? Value::Kind::kScalar : Value::Kind::kBad);
    value.quoted = tag == "!";
    value.text = text;
    add(std::move(value));
  }

  void OnSequenceStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(at, tag, anchor, Value::Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(at, tag, anchor, Value::Kind::kMapping);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Value value;
    bool has_key = false;  // a mapping: its next value belongs to `key`
    bool drop = false;     // the key was bad: its value is parsed and forgotten
    Value::Key key;
    std::unordered_map<std::string, std::size_t> seen;  // key -> index in value.keys
  };

  Value make(const YAML::Mark& at, Value::Kind kind) const {
    Value out;
    out.kind = kind;
    out.line = at.line + line_;
    out.column = at.column + 1;
    out.file = file_;
    return out;
  }

  void report(const YAML::Mark& at, std::string message) {
    faults_.push_back({Mark{*file_, at.line + line_, at.column + 1}, std::move(message)});
  }

  // Anchors and tags are faults. "?" and "!" are yaml-cpp's marks of plain and quoted scalars without a tag.
  bool properties_ok(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) report(at, "found an anchor (&name); anchors are not used here");
    if (tag != "?" && tag != "!") report(at, "found the tag \"" + tag + "\"; tags are not used here");
    return anchor == YAML::NullAnchor && (tag == "?" || tag == "!");
  }

  void open(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor, Value::Kind kind) {
    if (stack_.size() >= static_cast<std::size_t>(kMaxDepth)) {
      report(at, "nested deeper than " + std::to_string(kMaxDepth) + " levels");
      throw Stop{};
    }
    properties_ok(at, tag, anchor);
    stack_.push_back({});
    stack_.back().value = make(at, kind);
  }

  void close() {
    Value done = std::move(stack_.back().value);
    stack_.pop_back();
    add(std::move(done));
  }

  void add(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (Open& top = stack_.back(); top.value.kind == Value::Kind::kSequence) {
      if (value.kind == Value::Kind::kNull) {  // yaml-cpp marks an empty item where the next token stands
        value.line = top.value.line;
        value.column = top.value.column;
      }
      if (is_for_sink()) {
        sink_->take(std::move(value));
      } else {
        top.value.items.push_back(std::move(value));
      }
    } else if (!top.has_key) {
      take_key(top, value);
    } else {
      top.has_key = false;
      if (top.drop) return;
      top.value.keys.push_back(std::move(top.key));
      top.value.items.push_back(std::move(value));
    }
  }

  // The open sequence stands under the sink's key at the top level.
  [[nodiscard]] bool is_for_sink() const {
    if (sink_ == nullptr || stack_.size() != 2) return false;
    const Open& root = stack_.front();
    return root.value.kind == Value::Kind::kMapping && root.has_key && !root.drop && root.key.text == sink_->key;
  }

  void take_key(Open& top, const Value& value) {
    top.has_key = true;
    top.drop = true;
    if (value.kind == Value::Kind::kBad) return;
    if (value.kind != Value::Kind::kScalar) {
      faults_.push_back({value.mark(), "this key is no word; allowed: plain text before the colon"});
      return;
    }
    const auto [first, is_new] = top.seen.emplace(value.text, top.value.keys.size());
    if (!is_new) {
      const Value::Key& other = top.value.keys[first->second];
      faults_.push_back({value.mark(), "duplicate key \"" + value.text + "\"; it stands already at line " +
                                           std::to_string(other.line) + ", column " + std::to_string(other.column)});
      return;
    }
    top.drop = false;
    top.key = {value.text, value.line, value.column, file_};
  }

  const std::string* file_;
  int line_;
  std::vector<Fault>& faults_;
  const ItemSink* sink_;
  int documents_ = 0;
  Value root_;
  std::vector<Open> stack_;
};

// A text as a stream, without a copy of it.
class Borrowed final : public std::streambuf {
 public:
  explicit Borrowed(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // only read: setg wants it so
    setg(begin, begin, begin + text.size());
  }
};

// The first byte that no configuration holds: control characters (yaml-cpp takes 0x04 for the end of the file and
// guesses UTF-16 from NUL bytes) and whatever is not UTF-8.
bool check_bytes(std::string_view text, const std::string* file, std::vector<Fault>& faults) {
  int line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = base::utf8_length(text.substr(i, 4));
    const bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    if (length == 0 || control) {
      const std::string what = "found the byte 0x" + base::to_hex(std::vector<std::uint8_t>{c});
      faults.push_back({Mark{*file, line, static_cast<int>(i - line_start) + 1},
                        what + (control ? "; control characters are not allowed" : "; allowed: UTF-8 text")});
      return false;
    }
    i += length;
    if (c == '\n') {
      ++line;
      line_start = i;
    }
  }
  return true;
}

Value bad_document(const std::string* file) {
  Value out;
  out.kind = Value::Kind::kBad;
  out.line = out.column = 1;
  out.file = file;
  return out;
}

// A text whose octets were checked; `line`: where it begins in the file.
Value parse_text(std::string_view text, int line, const std::string* file, std::vector<Fault>& faults,
                 const ItemSink* sink) {
  Builder builder(file, line, faults, sink);
  try {
    Borrowed buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    Value root = builder.take();
    if (root.file != nullptr) return root;
    root.line = root.column = 1;  // nothing but comments
    root.file = file;
    return root;
  } catch (const Stop&) {
    return bad_document(file);
  } catch (const YAML::Exception& e) {
    faults.push_back({Mark{*file, e.mark.line + line, e.mark.column + 1}, "this is not YAML: " + e.msg});
    return bad_document(file);
  } catch (const std::exception& e) {
    faults.push_back({Mark{*file, 0, 0}, std::string("cannot be parsed: ") + e.what()});
    return bad_document(file);
  }
}

// What one piece of a document holds.
struct Parsed {
  Value root;
  std::vector<Value> items;
  std::vector<Fault> faults;
};

enum class Place : std::uint8_t { kFirst, kBetween, kLast };

// A piece with what the parser would see around it: the key of the list, and an item that comes next.
Parsed parse_piece(const Piece& piece, Place place, const std::string* file, std::string_view key) {
  std::string text;
  if (place != Place::kFirst) text = std::string(key) + ":\n";
  text += piece.text;
  if (place != Place::kLast) text += std::string(piece.indent, ' ') + "- next: item\n";
  Parsed out;
  const ItemSink sink{key, [&out](Value&& item) { out.items.push_back(std::move(item)); }, {}};
  out.root = parse_text(text, place == Place::kFirst ? piece.line : piece.line - 1, file, out.faults, &sink);
  if (place != Place::kLast && !out.items.empty()) out.items.pop_back();
  return out;
}

// Takes the root of the first piece, and the keys behind the list of another. False: the piece is not what its cut
// promised, or has a key again.
bool join(std::optional<Value>& root, Value&& piece, std::string_view key) {
  if (piece.kind != Value::Kind::kMapping || piece.keys.empty()) return false;
  const std::size_t at = root ? 0 : piece.keys.size() - 1;  // of the list
  if (piece.keys[at].text != key || piece.items[at].kind != Value::Kind::kSequence) return false;
  if (!root) {
    root = std::move(piece);
    return true;
  }
  for (std::size_t i = 1; i < piece.keys.size(); ++i) {
    if (root->find(piece.keys[i].text) != nullptr) return false;
    root->keys.push_back(std::move(piece.keys[i]));
    root->items.push_back(std::move(piece.items[i]));
  }
  return true;
}

// Parses the pieces and gives the sink their items in order; `taken` counts those. Nothing: one of the pieces has a
// fault, which only the whole text can tell as it is.
std::optional<Value> parse_pieces(const std::vector<Piece>& pieces, const std::string* file, const ItemSink& sink,
                                  std::size_t& taken) {
  // Where no thread can be had, the piece is parsed when it is asked for.
  const auto how = std::launch::async | std::launch::deferred;
  std::deque<std::future<Parsed>> ahead;
  std::optional<Value> root;
  int list_line = 0;  // where an empty item is said to be
  for (std::size_t next = 0, done = 0; done < pieces.size(); ++done) {
    for (; next < pieces.size() && ahead.size() <= sink.pieces.threads; ++next) {
      const Place place = next == 0 ? Place::kFirst : next + 1 == pieces.size() ? Place::kLast : Place::kBetween;
      ahead.push_back(std::async(how, parse_piece, pieces[next], place, file, sink.key));
    }
    Parsed piece = ahead.front().get();
    ahead.pop_front();
    if (!piece.faults.empty() || !join(root, std::move(piece.root), sink.key)) return std::nullopt;
    if (done == 0) list_line = root->items.back().line;
    for (Value& item : piece.items) {
      if (item.kind == Value::Kind::kNull) item.line = list_line;
      sink.take(std::move(item));
    }
    taken += piece.items.size();
  }
  return root;
}

}  // namespace

Mark Value::mark() const { return {file == nullptr ? "" : *file, line, column}; }
Mark Value::Key::mark() const { return {file == nullptr ? "" : *file, line, column}; }

const Value* Value::find(std::string_view key) const {
  if (kind != Kind::kMapping) return nullptr;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

Value parse_document(std::string_view text, const std::string* file, std::vector<Fault>& faults, const ItemSink* sink) {
  if (!check_bytes(text, file, faults)) return bad_document(file);
  if (sink == nullptr || sink->pieces.threads == 0) return parse_text(text, 1, file, faults, sink);
  std::size_t taken = 0;
  const auto pieces = cut_list(text, sink->key, sink->pieces.size);
  if (!pieces.empty()) {
    if (auto root = parse_pieces(pieces, file, *sink, taken)) return std::move(*root);
  }
  const auto take_others = [&](Value&& item) {
    if (taken == 0) return sink->take(std::move(item));
    --taken;
  };
  const ItemSink others{sink->key, take_others, {}};
  return parse_text(text, 1, file, faults, &others);
}

}  // namespace conf
