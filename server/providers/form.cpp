#include "server/providers/form.h"

#include <boost/json/serialize.hpp>
#include <charconv>
#include <span>

#include "base/data_uri.h"
#include "base/digest.h"

namespace lightfast::providers {
namespace {

namespace json = boost::json;

constexpr std::uint64_t max_file_bytes = 64 << 20;

// As browsers write names (HTML, "multipart/form-data encoding").
std::string in_quotes(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"')
      out += "%22";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else
      out += c;
  }
  return out + "\"";
}

// As people write it: 0.35, not JSON's 3.5E-1.
std::string plain_text(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (!value.is_double()) return json::serialize(value);
  char digits[64];
  const auto [end, problem] = std::to_chars(digits, digits + sizeof digits, value.get_double());
  return problem == std::errc() ? std::string(digits, end) : json::serialize(value);
}

// What a caller wrote may become a header only if it is a plain media type.
std::string plain_type(const std::string& media_type) {
  const bool is_plain = media_type.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789/+.-") == std::string::npos;
  return is_plain ? media_type : "application/octet-stream";
}

// "image/png" → "image.png"
std::string file_name(const std::string& media_type) {
  return "image." + media_type.substr(media_type.find('/') + 1);
}

}  // namespace

void Form::add_field(std::string_view name, std::string_view value) {
  parts_.push_back("Content-Disposition: form-data; name=" + in_quotes(name) + "\r\n\r\n" + std::string(value));
}

void Form::add_fields(const json::object& members) {
  for (const auto& member : members) {
    if (!member.value().is_null()) add_field(member.key(), plain_text(member.value()));
  }
}

Result<void> Form::add_file(std::string_view name, std::string_view data_uri, const std::string& place) {
  auto file = parse_data_uri(data_uri, max_file_bytes);
  if (!file) return Error{Errc::invalid_request, "`" + place + "`: " + file.error().detail};
  const std::string type = plain_type(file->media_type);
  parts_.push_back("Content-Disposition: form-data; name=" + in_quotes(name) +
                   "; filename=" + in_quotes(file_name(type)) + "\r\nContent-Type: " + type + "\r\n\r\n" + file->bytes);
  return {};
}

// The boundary comes from the content, so that it cannot stand in it.
Form::Finished Form::finish() const {
  Sha256Stream content;
  for (const std::string& part : parts_) content.update(std::as_bytes(std::span(part)));
  const std::string boundary = "lightfast-" + content.finish().hex().substr(0, 32);
  std::string body;
  for (const std::string& part : parts_) body += "--" + boundary + "\r\n" + part + "\r\n";
  return {"multipart/form-data; boundary=" + boundary, body + "--" + boundary + "--\r\n"};
}

}  // namespace lightfast::providers
