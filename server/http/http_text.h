// The alphabets of HTTP/1.1 messages (RFC 9110 section 5.6) and comparing names without case. Pure functions.
#pragma once

#include <string_view>

namespace lightfast::http {

bool is_token_char(char c);                              // of methods and field names
bool is_token(std::string_view text);                    // one or more of those
bool is_text_char(char c);                               // of field values: visible, obs-text, space and tab
char to_lower(char c);                                   // ASCII only
bool same_name(std::string_view a, std::string_view b);  // without case
std::string_view trim(std::string_view text);            // of spaces and tabs at both ends

// True if the comma-separated list holds `token`, without case.
bool list_holds(std::string_view list, std::string_view token);

// True if lines end in CRLF only, none begins with white space (obs-fold) and none holds a control byte: what two
// parsers can hardly read differently.
bool has_strict_lines(std::string_view text);

}  // namespace lightfast::http
