#pragma once
/// What the pages for people have in common.

#include <string>
#include <string_view>

#include "http/message.h"

namespace granary::api {

/// Up to and with the heading.
std::string page_head(std::string_view title);
/// `to_root`: the path from the page to "/", such as "../".
std::string page_foot(std::string_view to_root);
/// Lines to be copied, under the name of the tool that takes them.
std::string pasted(std::string_view tool, std::string_view lines);
/// 200 with an ETag; nothing from elsewhere may run or be shown in it.
http::Response page_answer(std::string page);

}  // namespace granary::api
