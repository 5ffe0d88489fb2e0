#include "tests/ingest/hostile_urls.h"

#include <cstdint>
#include <cstdio>

#include "base/ip_address.h"

namespace lightfast::test {
namespace {

std::string format(const char* form, auto... values) {
  char text[160];
  std::snprintf(text, sizeof text, form, values...);
  return text;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// The digits as others write them: full width, or percent-encoded.
std::string with_digits(const std::string& text, std::string (*digit)(char)) {
  std::string out;
  for (const char c : text) out += c >= '0' && c <= '9' ? digit(c) : std::string(1, c);
  return out;
}
std::string full_width(char c) {
  return format("\xEF\xBC%c", 0x90 + c - '0');
}
std::string percent_encoded(char c) {
  return format("%%%02X", static_cast<unsigned>(c));
}

// As inet_aton(3) takes them, and browsers with it.
std::vector<std::string> numbers(std::uint32_t bits) {
  const unsigned a = bits >> 24, b = bits >> 16 & 255, c = bits >> 8 & 255, d = bits & 255;
  return {
      format("%u.%u.%u.%u", a, b, c, d),
      format("%u.%u.%u.%u.", a, b, c, d),
      format("%u", bits),
      format("0x%x", bits),
      format("0X%08X", bits),
      format("0x00000000%x", bits),
      format("0%o", bits),
      format("000000%o", bits),
      format("%u.%u", a, bits & 0xFFFFFF),
      format("%u.%u.%u", a, b, bits & 0xFFFF),
      format("0x%x.0x%x.0x%x.0x%x", a, b, c, d),
      format("0%o.0%o.0%o.0%o", a, b, c, d),
      format("000%o.000%o.000%o.000%o", a, b, c, d),
      format("%u.0x%x.0%o.%u", a, b, c, d),
      format("0x%x.%u", a, bits & 0xFFFFFF),
  };
}

// IPv6 addresses that hold an IPv4 address, and are routed or translated to it somewhere.
std::vector<std::string> carriers(std::uint32_t bits) {
  const unsigned high = bits >> 16, low = bits & 0xFFFF;
  const std::string dotted = IpAddress::v4(bits).str();
  return {
      "[::ffff:" + dotted + "]",
      format("[::ffff:%x:%x]", high, low),
      format("[0:0:0:0:0:FFFF:%04X:%04X]", high, low),
      "[::" + dotted + "]",
      "[::ffff:0:" + dotted + "]",
      "[64:ff9b::" + dotted + "]",
      format("[64:ff9b::%x:%x]", high, low),
      "[64:ff9b:1::" + dotted + "]",
      format("[2002:%x:%x::1]", high, low),
      format("[2001:0:1:2:0:0:%x:%x]", ~high & 0xFFFF, ~low & 0xFFFF),
      "[::ffff:" + dotted + "%25lo]",
  };
}

// H stands for a host that is not public.
constexpr const char* disguises[] = {
    "http://H:8080/latest/meta-data/",
    "https://H/x?y",
    "http://pictures.example@H/",
    "http://pictures.example:80@H:80/",
    "http://pictures.example%23@H/",
    "http://pictures.example\\@H/",
    "http://H\\@pictures.example/",
    "http://H#@pictures.example/",
    "http://H?@pictures.example/",
    "http://H%00.pictures.example/",
    "http://H\t.pictures.example/",
    "http://H .pictures.example/",
    "http://H,pictures.example/",
    "http://pictures.example,H/",
    "http:H",
    "http:/H/",
    "http:///H/",
    "http:\\\\H\\",
    "//H/",
    "\\\\H\\",
    "/\\H/",
    "\\/H/",
    "@H/",
    ".H/",
    "http://H..nip.example/",
    "http://H.nip.example/",
    "http://www.H.nip.example./",
    "HTTP://H:80/",
    "http://H:080/",
    "http://H:/",
};

constexpr const char* schemes[] = {
    "file",        "ftp",       "ftps",       "gopher", "gophers", "dict", "ldap",   "ldaps", "tftp", "smb",
    "smbs",        "sftp",      "scp",        "imap",   "imaps",   "pop3", "smtp",   "rtsp",  "rtmp", "telnet",
    "mqtt",        "ws",        "wss",        "jar",    "data",    "blob", "netdoc", "php",   "unix", "HTTPX",
    "view-source", "http+unix", "javascript", "h\ttp",  "url",     "nfs",  "ssh",    "git",   "svn",  "redis"};

constexpr const char* names[] = {"localhost",
                                 "LOCALHOST",
                                 "localhost.",
                                 "LocalHost.LocalDomain",
                                 "ip6-localhost",
                                 "printer",
                                 "db.internal",
                                 "db.railway.internal",
                                 "metadata.google.internal",
                                 "metadata",
                                 "instance-data",
                                 "kubernetes",
                                 "kubernetes.default.svc.cluster.local",
                                 "host.docker.internal",
                                 "127.0.0.1.nip.io",
                                 "xn--spoofed-9za.example",
                                 "a.b.c.example.",
                                 "_dns.example",
                                 "0x.example"};

// Refused for how they are written, though every name within is a public one.
constexpr const char* misread[] = {
    "http://u:p@pictures.example/",
    "http://@pictures.example/",
    "http://pictures.example:80:80/",
    "http://pictures.example:0/",
    "http://pictures.example:65536/",
    "http://pictures.example:-1/",
    "http://pictures.example:0x50/",
    "http://[::1]@pictures.example/",
    "http://[::1",
    "http://[127.0.0.1]/",
    "http://[pictures.example]/",
    "http://[::1]pictures.example/",
    "http://[::1].pictures.example/",
    "http://[v1.x]/",
    "http://%6c%6f%63alhost/",
    "http://pictures%2eexample/",
    "http://\xE2\x91\xA0\xE2\x91\xA1/",
    "http://127\xE3\x80\x82"
    "0.0.1/",
    "http://loc\xE2\x80\x8B"
    "alhost/",
    "http://\xC5\x82ocalhost/",
    "http://pictures.example /",
    "http://pictures.example\r\nHost: localhost/",
    "http://pictures.example;localhost/",
    "http://pict\"ures.example/",
    "http://{pictures.example,localhost}/",
    "http://[1-9].pictures.example/",
    "http://pictures..example/",
    "http://.example/",
    "http://",
    "http://?x",
    "://pictures.example/",
    "",
};

void add_ipv4(std::vector<HostileUrl>& urls, const std::string& inside) {
  const std::uint32_t bits = IpAddress::parse(inside)->v4_bits();
  const auto add = [&](const std::string& host) { urls.push_back({"http://" + host + "/", inside}); };
  for (const std::string& host : numbers(bits)) add(host);
  for (const std::string& host : carriers(bits)) add(host);
  add(with_digits(inside, full_width));
  add(with_digits(inside, percent_encoded));
}

void add_ipv6(std::vector<HostileUrl>& urls, const std::string& inside) {
  for (const char* form : {"http://[H]/", "https://[H]/", "http://[H]:8080/x", "http://[H%25lo]/", "http://[H%lo]/",
                           "http://[H%251]/", "http://[H]./", "http://pictures.example@[H]/", "http://H/"}) {
    urls.push_back({replaced(form, "H", inside), inside});
  }
}

}  // namespace

std::vector<HostileUrl> hostile_urls() {
  std::vector<HostileUrl> urls;
  for (const char* inside :
       {"0.0.0.0", "10.0.0.1", "10.255.1.2", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.3.4",
        "168.63.129.16", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.254", "192.0.0.192",
        "192.168.1.1", "192.168.255.255", "198.18.0.1", "224.0.0.1", "255.255.255.255"}) {
    add_ipv4(urls, inside);
  }
  for (const char* inside : {"::", "::1", "0:0:0:0:0:0:0:1", "fe80::1", "FE80::A9FE:A9FE", "fec0::1", "fc00::1",
                             "fd00:ec2::254", "ff02::1", "100::1", "2001:db8::1", "3fff::1", "5f00::1", "4000::1"}) {
    add_ipv6(urls, inside);
  }
  for (const char* disguise : disguises) {
    for (const char* inside : {"127.0.0.1", "169.254.169.254"}) {
      urls.push_back({replaced(disguise, "H", inside), inside});
    }
  }
  for (const std::string scheme : schemes) urls.push_back({scheme + "://127.0.0.1/etc/passwd", "127.0.0.1"});
  for (const std::string name : names) {
    urls.push_back({"http://" + name + "/", "127.0.0.1"});
    urls.push_back({"http://" + name + ":6379/", "::1"});
  }
  for (const char* url : misread) urls.push_back({url, "127.0.0.1"});
  return urls;
}

}  // namespace lightfast::test
