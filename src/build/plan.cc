#include "build/plan.h"

#include <algorithm>
#include <map>

namespace granary::build {
namespace {

constexpr std::chrono::minutes kLongestAgain = std::chrono::hours(6);

/// Of the tags that are watched.
std::vector<RemoteRef> new_ones(const std::vector<RemoteRef>& refs, const std::vector<RemoteRef>& known) {
  std::map<std::string_view, std::string_view> commits;
  for (const auto& ref : known) commits[ref.name] = ref.commit;
  std::vector<RemoteRef> found;
  for (std::size_t i = refs.size() - std::min(refs.size(), kWatchedTags); i < refs.size(); ++i) {
    const auto before = commits.find(refs[i].name);
    if (before == commits.end() || before->second != refs[i].commit) found.push_back(refs[i]);
  }
  return found;
}

std::vector<RemoteRef> as_refs(std::vector<RemoteRef> tags) {
  for (auto& tag : tags) tag.name.insert(0, kTags);
  return tags;
}

/// Of the builders from before the mark was, those that know tags have seen them.
bool first_look(const Builder& builder, const Known& known) {
  return !builder.tags_seen && known.tags.empty();
}

/// The one that is built in any case. At the first look all the others are known from then on, too.
Builds::Plan plan_one_tag(const Builder& builder, const RemoteRef& tag, const std::vector<RemoteRef>& refs,
                          const Known& known) {
  Builds::Plan out;
  out.wanted = as_refs({tag});
  if (builder.trigger != Trigger::tags) return out;
  out.tags_seen = true;
  if (first_look(builder, known)) out.tags = new_ones(refs, known.tags);
  if (std::find(out.tags.begin(), out.tags.end(), tag) == out.tags.end()) out.tags.push_back(tag);
  return out;
}

Builds::Plan plan_tags(const Builder& builder, const Order& order, const std::vector<RemoteRef>& refs,
                       const Known& known) {
  if (order.again && !refs.empty()) return plan_one_tag(builder, refs.back(), refs, known);
  Builds::Plan out;
  out.tags_seen = true;
  out.tags = new_ones(refs, known.tags);
  out.wanted = as_refs(out.tags);
  if (first_look(builder, known) && !out.wanted.empty())
    out.wanted.erase(out.wanted.begin(), out.wanted.end() - 1);
  return out;
}

}  // namespace

std::vector<RemoteRef> news(const Builder& builder, const std::vector<RemoteRef>& refs,
                            const std::vector<RemoteRef>& known_tags) {
  if (builder.trigger == Trigger::tags) return new_ones(refs, known_tags);
  if (refs.empty() || refs.front().commit == builder.head) return {};
  return {refs.front()};
}

std::chrono::minutes again_after(std::int64_t given_up) noexcept {
  if (given_up <= 0) return std::chrono::minutes(0);
  return std::min(std::chrono::minutes(10) * (1 << std::min<std::int64_t>(given_up - 1, 10)), kLongestAgain);
}

Result<Builds::Plan> plan(const Builder& builder, const Order& order, const std::vector<RemoteRef>& refs,
                          const Known& known) {
  Builds::Plan out;
  if (!order.commit.empty()) {
    out.wanted = {{"", order.commit}};
    return out;
  }
  if (!order.tag.empty()) {
    const auto tag =
        std::find_if(refs.begin(), refs.end(), [&](const RemoteRef& ref) { return ref.name == order.tag; });
    if (tag == refs.end())
      return fail(Errc::not_found, "the repository has no tag '" + order.tag + "'",
                  "push it, or build a commit with: granary rerun git-builder --commit-sha");
    return plan_one_tag(builder, *tag, refs, known);
  }
  if (builder.trigger == Trigger::tags) return plan_tags(builder, order, refs, known);
  if (refs.empty()) return out;
  const auto& commit = refs.front().commit;
  if (commit != builder.head) out.head = commit;
  if (order.again || !TRY(known.is_built(commit))) out.wanted = {{refs.front().name, commit}};
  return out;
}

}  // namespace granary::build
