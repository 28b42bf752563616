#include "view/names.h"

#include <algorithm>

#include "base/text.h"

namespace granary::view {
namespace {

/// " each word of a title in lower case": what is neither letter nor digit stands between words.
std::string words_of(std::string_view text) {
  std::string words;
  bool within = false;
  for (const char c : lower(text)) {
    // Bytes beyond ASCII are parts of letters.
    const bool part =
        (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (part && !within) words += ' ';
    if (part) words += c;
    within = part;
  }
  return words;
}

/// " first", " second": as words_of has them.
std::vector<std::string> beginnings(std::string_view text) {
  std::vector<std::string> all;
  const auto words = words_of(text);
  for (const auto word : split(words, ' '))
    if (!word.empty()) all.push_back(' ' + std::string(word));
  return all;
}

}  // namespace

void SourceNames::add(std::string_view name, std::string_view title) {
  if (size() > 0 && names_[size() - 1] == name) return;
  auto small = lower(name);
  if (lowered_.size() == 0 && small != name)
    for (std::size_t row = 0; row < names_.size(); ++row) lowered_.add(names_[row]);
  if (lowered_.size() > 0 || small != name) lowered_.add(small);
  if (titles_.size() == 0 && !title.empty())
    for (std::size_t row = 0; row < names_.size(); ++row) titles_.add({});
  if (titles_.size() > 0 || !title.empty()) titles_.add(words_of(title));
  names_.add(name);
}

void SourceNames::finish() {
  for (auto* rows : {&names_, &lowered_, &titles_}) rows->shrink_to_fit();
}

std::size_t SourceNames::lower_bound(std::string_view name) const noexcept {
  std::size_t low = 0, high = size();
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    names_[middle] < name ? low = middle + 1 : high = middle;
  }
  return low;
}

bool SourceNames::contains(std::string_view name) const noexcept {
  const auto row = lower_bound(name);
  return row < size() && names_[row] == name;
}

std::size_t SourceNames::bytes() const noexcept {
  return sizeof(SourceNames) + names_.bytes() + lowered_.bytes() + titles_.bytes();
}

SourceNames::Matches SourceNames::search(std::string_view text) const {
  Matches found;
  const auto small = lower(text);
  const auto& names = lowered_.size() > 0 ? lowered_ : names_;
  names.for_each_with(small, [&](std::size_t row) {
    found.names.push_back(static_cast<std::uint32_t>(row));
    if (names[row].size() == small.size()) found.exact.push_back(found.names.back());
  });
  const auto words = beginnings(text);
  if (words.empty()) return found;
  auto named = found.names.begin();
  titles_.for_each_with(words.front(), [&](std::size_t row) {
    while (named != found.names.end() && *named < row) ++named;
    if (named != found.names.end() && *named == row) return;
    const bool all = std::all_of(words.begin() + 1, words.end(), [&](const std::string& word) {
      return titles_[row].find(word) != std::string_view::npos;
    });
    if (all) found.titles.push_back(static_cast<std::uint32_t>(row));
  });
  return found;
}

bool Names::contains(std::string_view name) const noexcept {
  return std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) { return part->contains(name); });
}

/// The next name of all, where `at` says how far each source has been read.
std::optional<std::string_view> Names::take(std::vector<std::size_t>& at) const {
  std::optional<std::string_view> next;
  for (std::size_t i = 0; i < parts_.size(); ++i)
    if (at[i] < parts_[i]->size() && (!next || (*parts_[i])[at[i]] < *next)) next = (*parts_[i])[at[i]];
  for (std::size_t i = 0; next && i < parts_.size(); ++i)
    if (at[i] < parts_[i]->size() && (*parts_[i])[at[i]] == *next) ++at[i];
  return next;
}

std::vector<std::string_view> Names::matching(const NameQuery& query) const {
  std::vector<std::string_view> named, titled, exact;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto& part = *parts_[i];
    const auto found = part.search(query.like);
    const auto all_of = [&](const std::vector<std::uint32_t>& rows, std::vector<std::string_view>& into) {
      for (const auto row : rows) into.push_back(part[row]);
    };
    if (i == 0) named.reserve(found.names.size());
    all_of(found.names, named);
    if (query.exact_first) all_of(found.exact, exact);
    for (const auto row : found.titles) {  // the title of what another source shows is not shown
      const bool taken = std::any_of(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(i),
                                     [&](const Part& before) { return before->contains(part[row]); });
      if (!taken) titled.push_back(part[row]);
    }
  }
  if (parts_.size() > 1) {
    for (auto* list : {&named, &titled, &exact}) {
      std::sort(list->begin(), list->end());
      list->erase(std::unique(list->begin(), list->end()), list->end());
    }
  }
  if (!exact.empty()) {
    std::erase_if(named, [&](std::string_view name) {
      return name.size() == exact.front().size() && std::binary_search(exact.begin(), exact.end(), name);
    });
    named.insert(named.begin(), exact.begin(), exact.end());
  }
  named.insert(named.end(), titled.begin(), titled.end());
  return named;
}

NamePage Names::select(const NameQuery& query) const {
  NamePage page;
  const auto add = [&](std::string_view name) {
    if (page.total++ >= query.from && page.names.size() < query.count) page.names.emplace_back(name);
  };
  if (!query.like.empty()) {
    for (const auto name : matching(query))
      if (query.exact.empty() || name == query.exact) add(name);
  } else if (!query.exact.empty()) {
    if (contains(query.exact)) add(query.exact);
  } else if (parts_.size() == 1) {
    const auto& part = *parts_.front();
    page.total = part.size();
    for (auto row = query.from; row < part.size() && page.names.size() < query.count; ++row)
      page.names.emplace_back(part[row]);
  } else {
    for_each(add);
  }
  return page;
}

}  // namespace granary::view
