#pragma once
/// The names of the packages that a repository shows at a snapshot, and the search in them.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "view/text_rows.h"

namespace granary::view {

/// Those of one source. Immutable once it is shared.
class SourceNames {
 public:
  /// In ascending order; the same name again is ignored. `title` may be empty: not known.
  void add(std::string_view name, std::string_view title = {});
  /// To be called after the last one.
  void finish();

  std::size_t size() const noexcept { return names_.size(); }
  std::string_view operator[](std::size_t row) const noexcept { return names_[row]; }
  /// The first row that is not before `name`.
  std::size_t lower_bound(std::string_view name) const noexcept;
  bool contains(std::string_view name) const noexcept;
  std::size_t bytes() const noexcept;

  struct Matches {
    std::vector<std::uint32_t> names;   // rows whose name contains it, ascending
    std::vector<std::uint32_t> titles;  // other rows with a title in which each word of it begins a word
    std::vector<std::uint32_t> exact;   // of `names`, those that are it
  };
  /// Whatever the case.
  Matches search(std::string_view text) const;

 private:
  TextRows names_;
  TextRows lowered_;  // empty while no name has an upper case letter
  TextRows titles_;   // words in lower case; empty while none is known
};

struct NameQuery {
  std::string exact{};  // this one only
  std::string like{};   // in the name, or as words of the title
  bool exact_first = false;
  std::size_t from = 0, count = 100;
};

struct NamePage {
  std::vector<std::string> names;
  std::size_t total = 0;  // of all that match
};

/// Merged: a name belongs to the first source that has it, and so does its title. Cheap to copy.
class Names {
 public:
  using Part = std::shared_ptr<const SourceNames>;
  explicit Names(std::vector<Part> parts) : parts_(std::move(parts)) {}

  bool contains(std::string_view name) const noexcept;
  /// In ascending order, each once.
  template <class Each>
  void for_each(const Each& each) const {
    std::vector<std::size_t> at(parts_.size());
    while (const auto next = take(at)) each(*next);
  }
  /// In ascending order; names that match come before titles that do.
  NamePage select(const NameQuery& query) const;

 private:
  std::optional<std::string_view> take(std::vector<std::size_t>& at) const;
  std::vector<std::string_view> matching(const NameQuery& query) const;

  std::vector<Part> parts_;  // in order of the sources
};

}  // namespace granary::view
