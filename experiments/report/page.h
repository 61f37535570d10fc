#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace fokker {

struct Page {
  std::string title;
  std::string style;  // CSS in front of the page's own
  std::string body;   // HTML
};

/// A whole HTML document, light and dark, without scripts or anything from elsewhere.
std::string page(const Page& page);

/// For data: URLs.
std::string base64(std::span<const std::byte> bytes);

}  // namespace fokker
