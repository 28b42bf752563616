#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/value.h"

namespace granary::cli {
namespace {

bool is_command_prefix(std::string_view words) {
  const auto& all = commands();
  return std::any_of(all.begin(), all.end(), [&](const CommandSpec& c) {
    return c.name == words || (c.name.starts_with(words) && c.name[words.size()] == ' ');
  });
}

const CommandSpec* find_command(std::string_view words) {
  for (const auto& command : commands()) {
    if (command.name == words) return &command;
  }
  return nullptr;
}

const FlagSpec* find_flag(std::span<const FlagSpec> flags, std::string_view word) {
  for (const auto& flag : flags) {
    if (flag.name == word || (!flag.letter.empty() && flag.letter == word)) return &flag;
  }
  return nullptr;
}

tl::unexpected<Error> unknown_command(std::string_view topic, std::string_view word) {
  const auto said = topic.empty() ? std::string(word) : fmt::format("{} {}", topic, word);
  std::vector<std::string> names;
  for (const auto& command : commands()) names.emplace_back(command.name);
  // "creat source" has begun as `create`, which alone is no command.
  for (const auto& command : commands()) names.emplace_back(command.name.substr(0, command.name.find(' ')));
  const auto near = nearest(said, names);
  return fail(Errc::invalid_argument, fmt::format("unknown command '{}'", said),
              near.empty() ? "see: granary --help" : fmt::format("did you mean '{}'", near));
}

class Parser {
 public:
  explicit Parser(std::span<const std::string> words) : words_(words) {}

  Result<Arguments> run() {
    while (at_ < words_.size()) {
      const std::string& word = words_[at_++];
      if (word.size() > 1 && word.starts_with('-')) {
        TRY(flag(word));
      } else {
        TRY(plain(word));
      }
    }
    out_.command = find_command(out_.topic);
    if (out_.help || out_.version) return std::move(out_);
    if (out_.command == nullptr) {
      if (out_.topic.empty()) {
        out_.help = true;
        return std::move(out_);
      }
      return fail(Errc::invalid_argument, fmt::format("'{}' needs to know what", out_.topic),
                  fmt::format("see: granary {} --help", out_.topic));
    }
    for (const auto& spec : out_.command->flags) {
      if (spec.required && out_.value(spec.name).empty())
        return fail(Errc::invalid_argument, fmt::format("{} is missing", spec.name),
                    fmt::format("for example: granary {}", out_.command->example));
    }
    return std::move(out_);
  }

 private:
  Result<> plain(const std::string& word) {
    if (out_.topic.empty() && word == "help") {
      out_.help = true;
      return {};
    }
    const auto longer = out_.topic.empty() ? word : out_.topic + " " + word;
    if (is_command_prefix(longer)) {
      out_.topic = longer;
      return {};
    }
    if (find_command(out_.topic) == nullptr) return unknown_command(out_.topic, word);
    const bool group = std::any_of(commands().begin(), commands().end(),
                                   [&](const auto& c) { return c.name.starts_with(out_.topic + " "); });
    if (group) return unknown_command(out_.topic, word);
    return fail(Errc::invalid_argument, fmt::format("unexpected argument '{}'", word),
                fmt::format("see: granary {} --help", out_.topic));
  }

  Result<> flag(std::string_view word) {
    const auto equals = word.starts_with("--") ? word.find('=') : std::string_view::npos;
    const auto name = word.substr(0, equals);
    if (name == "-h" || name == "--help") {
      out_.help = true;
      return {};
    }
    if (name == "-V" || name == "--version") {
      out_.version = true;
      return {};
    }
    const auto* spec = find_flag(global_flags(), name);
    const auto* command = find_command(out_.topic);
    if (spec == nullptr && command != nullptr) spec = find_flag(command->flags, name);
    if (spec == nullptr) return unknown_flag(command, name);
    std::string value;
    if (equals != std::string_view::npos) {
      value = word.substr(equals + 1);
    } else if (spec->value.empty()) {
      value = "true";
    } else if (at_ < words_.size()) {
      value = words_[at_++];
    } else {
      return fail(Errc::invalid_argument, fmt::format("{} needs a value", name),
                  fmt::format("write {} {}", name, spec->value));
    }
    if (spec->value.empty()) {
      const auto on = config::parse_boolean(value);
      if (!on)
        return fail(Errc::invalid_argument, fmt::format("{} is a switch and not '{}'", name, value),
                    fmt::format("write {} or {}=false", name, name));
      value = *on ? "true" : "false";
    }
    auto& place = out_.values[std::string(spec->name)];
    const bool joins = !place.empty() && !spec->value.empty() && find_flag(global_flags(), name) == nullptr;
    place = joins ? place + "," + value : value;
    return {};
  }

  tl::unexpected<Error> unknown_flag(const CommandSpec* command, std::string_view name) const {
    std::vector<std::string> names;
    for (const auto& spec : global_flags()) names.emplace_back(spec.name);
    if (command != nullptr) {
      for (const auto& spec : command->flags) names.emplace_back(spec.name);
    }
    const auto near = nearest(name, names);
    const auto help =
        command != nullptr ? fmt::format("see: granary {} --help", command->name) : "see: granary --help";
    return fail(Errc::invalid_argument, fmt::format("unknown flag '{}'", name),
                near.empty() ? help : fmt::format("did you mean '{}'", near));
  }

  std::span<const std::string> words_;
  std::size_t at_ = 0;
  Arguments out_;
};

}  // namespace

std::span<const FlagSpec> global_flags() {
  static constexpr std::array<FlagSpec, 7> kFlags = {{
      {"--address", "URL", "server to speak to, over the network (also GRANARY_ADDRESS, with GRANARY_TOKEN)",
       false, "-a"},
      {"--config", "FILE", "settings file (also GRANARY_CONFIG)", false, "-c"},
      {"--insecure-ssl-skip-verify", "", "do not check the server's certificate"},
      {"--output-format", "human|json", "how results are printed", false, "-o"},
      {"--verbose", "", "say what is asked of the server", false, "-v"},
      {"--version", "", "print the version", false, "-V"},
      {"--help", "", "print this help", false, "-h"},
  }};
  return kFlags;
}

std::string Arguments::value(std::string_view flag) const {
  const auto found = values.find(flag);
  return found == values.end() ? std::string() : found->second;
}

Result<Arguments> parse_arguments(std::span<const std::string> words) { return Parser(words).run(); }

}  // namespace granary::cli
